"""kill -9 of each role and of the broker: afterwards nothing is missing, nothing is doubled."""

from __future__ import annotations

import io
import time
import wave
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from sqlmodel import Session, col, create_engine, select

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    play,
    ring,
    wait_bye,
)
from callcenter.store.tables import FindingRow, Job, Outbox, Recording, Word
from tests.phones import Phones, headerless
from tests.service import RunningService, TestDesk, running_service
from tests.support import wait_for

DIALOGUES = Path("callcenter/demo/dialogues")
SPEAKS = 8.0
"""Seconds of the dialogue that the calls hear."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of this module's own: its roles are killed."""
    with running_service(tmp_path_factory.mktemp("crashes")) as running:
        yield running


class Stored:
    """What the database says, read past the service."""

    def __init__(self, service: RunningService) -> None:
        self._engine = create_engine(f"sqlite:///{service.folder / 'data' / 'callcenter.db'}")

    def job_state(self, call_id: str) -> str | None:
        with Session(self._engine) as session:
            job = session.get(Job, call_id)
            return job.state if job else None

    def events(self, call_id: str) -> Counter[str]:
        with Session(self._engine) as session:
            rows = session.exec(select(Outbox).where(col(Outbox.topic).contains(call_id))).all()
            return Counter(row.topic.rsplit("/", 1)[1] for row in rows)

    def unpublished(self) -> int:
        with Session(self._engine) as session:
            return len(session.exec(select(Outbox).where(col(Outbox.published_at).is_(None))).all())

    def doubled(self, call_id: str) -> list[object]:
        """Words or findings that stand there twice."""
        with Session(self._engine) as session:
            recordings = session.exec(select(Recording.id).where(Recording.call_id == call_id)).all()
            words = session.exec(select(Word).where(col(Word.recording_id).in_(recordings))).all()
            places = Counter((word.recording_id, word.position) for word in words)
            rows = session.exec(select(FindingRow).where(FindingRow.call_id == call_id)).all()
            rules = Counter(row.rule for row in rows)
            assert words and rules
            return [key for counts in (places, rules) for key, count in counts.items() if count > 1]


@pytest.fixture
def stored(service: RunningService) -> Stored:
    return Stored(service)


def talk(phones: Phones, desk: TestDesk, folder: Path, seconds: float) -> str:
    """An agent who speaks and waits for the caller's BYE; returns the caller's remaining steps."""
    agent = headerless(DIALOGUES / "late-answer.agent.wav", folder)
    phones.agent(desk.first, called(), ring(300), answer(), acknowledged(), play(agent), wait_bye())
    caller = headerless(DIALOGUES / "late-answer.caller.wav", folder)
    return answered(2) + play(caller) + pause(int(seconds * 1000)) + bye(3, "uac")


def live_call(service: RunningService, desk: TestDesk) -> str:
    def look() -> str | None:
        calls = service.calls(desk)
        return calls[-1]["id"] if calls and calls[-1]["answered_at"] else None

    return wait_for(look, 20, message="the call was not answered")


def test_scribe_killed_in_mid_transcription(
    service: RunningService, desk: TestDesk, phones: Phones, stored: Stored, tmp_path: Path
) -> None:
    phones.caller(desk.number, talk(phones, desk, tmp_path, SPEAKS)).succeeded()
    call_id = service.ended_call(desk)["id"]
    wait_for(lambda: stored.job_state(call_id) == "claimed", 30, message="never claimed")
    children = service.role("scribe").children(recursive=True)
    service.kill("scribe")
    for worker in children:
        with_no_parent_left(worker)
    service.judged_call(desk)
    assert stored.job_state(call_id) == "done"
    assert stored.doubled(call_id) == []
    assert stored.events(call_id)["judged"] == stored.events(call_id)["transcribed"] == 1


def with_no_parent_left(worker: psutil.Process) -> None:
    """The worker of a killed scribe ends by itself."""
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, 20)


def test_broker_killed_in_mid_call(
    service: RunningService, desk: TestDesk, phones: Phones, stored: Stored, tmp_path: Path
) -> None:
    caller = phones.caller(desk.number, talk(phones, desk, tmp_path, 4.0))
    call_id = live_call(service, desk)
    service.kill("broker")
    caller.succeeded()
    service.judged_call(desk)
    wait_for(lambda: stored.unpublished() == 0, 40, message="events stay unpublished")
    events = stored.events(call_id)
    assert events == dict.fromkeys(
        ["started", "ringing", "answered", "ended", "recorded", "transcribed", "judged"], 1
    )
    service.healthy()


def test_web_killed_in_mid_call(
    service: RunningService, desk: TestDesk, phones: Phones, tmp_path: Path
) -> None:
    caller = phones.caller(desk.number, talk(phones, desk, tmp_path, 4.0))
    call_id = live_call(service, desk)
    service.kill("web")
    caller.succeeded()
    service.healthy()
    call = service.ended_call(desk)
    assert (call["id"], call["outcome"]) == (call_id, "answered")


def test_switchboard_killed_in_mid_call(
    service: RunningService, desk: TestDesk, phones: Phones, stored: Stored, tmp_path: Path
) -> None:
    caller = phones.caller(desk.number, talk(phones, desk, tmp_path, 6.0))
    call_id = live_call(service, desk)
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 3.0)  # three seconds of speech
    service.kill("switchboard")
    heard = time.monotonic() - began
    call = service.ended_call(desk)
    assert (call["id"], call["outcome"]) == (call_id, "interrupted")
    assert all(leg["ended_at"] for leg in call["legs"])
    assert [leg["hung_up_by"] for leg in call["legs"]] == ["network", "network"]
    assert recording_seconds(service, call_id) == pytest.approx(heard, abs=1.5)
    service.judged_call(desk)
    assert stored.doubled(call_id) == []
    assert stored.events(call_id)["ended"] == 1
    caller.wait()  # its BYE found nobody who knew the call
    service.healthy()
    again = service.take_desk()
    phones.caller(again.number, talk(phones, again, tmp_path, 0.5)).succeeded()
    assert service.ended_call(again)["outcome"] == "answered"


def recording_seconds(service: RunningService, call_id: str) -> float:
    """The length of the recording as the API gives it; it has sound on both channels."""
    response: httpx.Response = service.http.get(f"/api/v1/calls/{call_id}/recording")
    assert response.status_code == 200
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getnchannels() == 2
        return float(file.getnframes() / file.getframerate())
