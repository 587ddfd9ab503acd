"""The role on a real database with real worker processes: what it writes, and what crashes leave."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from callcenter.scribe.hands import Hands, Standing, Transcript, WorkerDied
from callcenter.scribe.role import Pace, Scribe
from callcenter.settings import Settings
from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.hearings import load_hearings
from callcenter.store.listenings import Growing, read_so_far
from callcenter.store.search import Wanted, search
from callcenter.store.tables import Call, FindingRow, Job, Outbox, Recording
from callcenter.store.tables import Word as WordRow
from callcenter.store.transcripts import call_transcript
from callcenter.workers import Worker
from tests.speech import recogniser, speech_model, wav
from tests.support import eventually, scaled
from tests.unit.scribe.rows import recorded, recording
from transcripts.audio import read_wav
from transcripts.listening import listen
from transcripts.model import ModelError

QUICK = Pace(lease=scaled(5.0), poll=0.02, again=0.02, attempts=3)


def settings(tmp_path: Path, **changes: object) -> Settings:
    values = {
        "data": tmp_path,
        "desk": [{"id": "front", "number": "8000", "name": "万科物业", "agents": ["8001"]}],
        "extension": [{"number": "8001", "password": "x"}],
        "scribe": {"model": str(speech_model())},
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def running(scribe: Scribe) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(scribe.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


def state(engine: Engine, call_id: str) -> str:
    with session(engine) as db:
        return db.get_one(Job, call_id).state


def verdicts(engine: Engine, call_id: str) -> dict[str, str]:
    with session(engine) as db:
        rows = db.exec(select(FindingRow).where(FindingRow.call_id == call_id)).all()
    assert len(rows) == len({row.rule for row in rows})
    return {row.rule: row.verdict for row in rows}


def told(engine: Engine) -> list[tuple[str, str]]:
    """(call, event) of each row of the outbox, in order."""
    with session(engine) as db:
        rows = db.exec(select(Outbox).order_by(Outbox.id)).all()  # type: ignore[arg-type]
    assert {row.role for row in rows} <= {"scribe"}
    return [(row.payload["subject"], row.topic.rpartition("/")[2]) for row in rows]


async def test_a_call_is_transcribed_judged_and_told(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1")
    woken: list[int] = []
    scribe = Scribe(settings(tmp_path), engine, wake=lambda: woken.append(1), pace=QUICK)
    async with running(scribe):
        await eventually(lambda: state(engine, "c1") == "done", 120)
    wanted = {
        "three_rings": "pass",
        "opening": "pass",
        "anything_else": "fail",
        "caller_hangs_up_first": "pass",
        "hotline_held": "pass",
        "private_call": "not_applicable",
    }
    found = verdicts(engine, "c1")
    assert {rule: found[rule] for rule in wanted} == wanted
    assert told(engine) == [("c1", "transcribed"), ("c1", "judged")]
    assert woken
    with session(engine) as db:
        said = call_transcript(db, "c1")
    assert [each.speaker for each in said] == ["坐席", "来电人", "坐席"]
    assert said[0].text == "您好万科物业"


async def test_a_call_that_nobody_answered_is_judged_without_a_worker(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1", None, answered_at=None, outcome="abandoned", three_rings="fail", rings=4)
    scribe = Scribe(settings(tmp_path), engine, pace=QUICK)
    async with running(scribe):
        await eventually(lambda: state(engine, "c1") == "done")
        assert scribe.hands[0].pid is None
    found = verdicts(engine, "c1")
    assert found.pop("three_rings") == "fail"
    assert set(found.values()) == {"not_applicable"}
    assert told(engine) == [("c1", "judged")]


async def test_a_worker_killed_in_mid_transcription_costs_an_attempt(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1")
    scribe = Scribe(settings(tmp_path), engine, pace=QUICK)
    async with running(scribe):
        pid = await eventually(lambda: scribe.hands[0].pid)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: state(engine, "c1") == "done", 120)
    with session(engine) as db:
        assert db.get_one(Job, "c1").attempts == 2
    assert told(engine) == [("c1", "transcribed"), ("c1", "judged")]


async def test_a_call_that_kills_every_worker_is_given_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def die(self: Hands, path: Path, phrases: object = None, **more: object) -> Transcript:
        raise WorkerDied("the worker ended with status -11")

    monkeypatch.setattr(Hands, "transcribe", die)
    recorded(engine, "c1")
    recorded(engine, "c2", None)
    scribe = Scribe(settings(tmp_path), engine, pace=QUICK)
    async with running(scribe):
        await eventually(lambda: state(engine, "c1") == "failed" and state(engine, "c2") == "done")
    with session(engine) as db:
        job = db.get_one(Job, "c1")
        assert (job.attempts, job.error) == (3, "the worker ended with status -11")
    assert verdicts(engine, "c1")["three_rings"] == "pass"
    assert verdicts(engine, "c1")["opening"] == "unsure"
    assert scribe.metrics().items() >= {"scribe_calls_done": 1, "scribe_calls_failed": 1}.items()
    assert "job given up call=c1 attempts=3" in caplog.text


async def test_what_a_killed_scribe_held_is_taken_up_and_not_doubled(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1")
    with session(engine) as db:  # a scribe claimed it, and was killed before it could commit
        dead = jobs.claim(db, "dead", datetime.now(UTC), timedelta(seconds=0.2))
    assert dead is not None
    async with running(Scribe(settings(tmp_path), engine, pace=QUICK)):
        await eventually(lambda: state(engine, "c1") == "done", 120)
    with session(engine) as db:
        assert not jobs.finish(db, dead, datetime.now(UTC))
        words = Counter((word.recording_id, word.position) for word in db.exec(select(WordRow)))
    assert set(words.values()) == {1}
    assert told(engine) == [("c1", "transcribed"), ("c1", "judged")]


async def test_a_scribe_that_lost_its_lease_writes_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hung for longer than its lease; another one has the call by now."""

    async def hang(self: Hands, path: Path, phrases: object = None, **more: object) -> Transcript:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Hands, "transcribe", hang)
    recorded(engine, "c1")
    scribe = Scribe(settings(tmp_path), engine, pace=Pace(lease=0.3, poll=0.02))
    async with running(scribe):
        await eventually(lambda: state(engine, "c1") == "claimed")
        with session(engine) as db:
            db.get_one(Job, "c1").claimed_by = "another"
            db.get_one(Job, "c1").lease_until = datetime.now(UTC) + timedelta(hours=1)
    assert state(engine, "c1") == "claimed"
    assert told(engine) == []


async def test_a_call_in_hand_is_given_back_at_once_when_it_is_to_stop(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its transcription would take: the worker is killed, and no attempt counted."""
    started = Worker._started

    async def stand_still(self: Worker) -> asyncio.subprocess.Process:
        process = await started(self)
        os.kill(process.pid, signal.SIGSTOP)
        return process

    monkeypatch.setattr(Worker, "_started", stand_still)
    recorded(engine, "c1")
    scribe = Scribe(settings(tmp_path), engine, pace=QUICK)
    async with asyncio.timeout(scaled(20)), running(scribe):
        worker = await eventually(lambda: scribe.hands[0].pid)
    assert worker is not None
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    with session(engine) as db:
        job = db.get_one(Job, "c1")
        assert (job.state, job.attempts, job.claimed_by) == ("pending", 0, None)
        again = jobs.claim(db, "another", datetime.now(UTC), timedelta(seconds=1))
    assert again is not None and again.attempt == 1
    assert told(engine) == []


async def test_a_recording_that_is_gone_leaves_the_words_unsure(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1", None)
    with session(engine) as db:
        db.add(recording("c1", "agent", "gone.wav"))
    async with running(Scribe(settings(tmp_path), engine, pace=QUICK)):
        await eventually(lambda: state(engine, "c1") == "done", 120)
    with session(engine) as db:
        assert "gone.wav: there is no such file" in (db.get_one(Job, "c1").error or "")
    assert verdicts(engine, "c1")["opening"] == "unsure"


async def test_an_event_wakes_it_before_the_next_look(engine: Engine, tmp_path: Path) -> None:
    heard_of = asyncio.Event()
    scribe = Scribe(settings(tmp_path), engine, recorded=heard_of, pace=Pace(poll=3600.0))
    async with running(scribe):
        await asyncio.sleep(0)
        recorded(engine, "c1", None)
        heard_of.set()
        await eventually(lambda: state(engine, "c1") == "done")


def test_a_missing_model_is_a_clear_error(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="correct `model`"):
        Scribe(settings(tmp_path, scribe={"model": str(tmp_path)}), engine)


@pytest.mark.engine
async def test_a_call_that_was_followed_is_decoded_once(engine: Engine, tmp_path: Path) -> None:
    """Both files grow while it lasts; what is heard live is told, and kept when it has ended."""
    recorded(engine, "c1", outcome=None, ended_at=None)
    whole = {role: wav("transfer-good", role).read_bytes() for role in ("caller", "agent")}
    with session(engine) as db:
        db.delete(db.get_one(Job, "c1"))
        for role, raw in whole.items():
            row = db.get_one(Recording, f"c1-{role}-recording")
            row.path, row.finished = f"{role}.wav", False
            (tmp_path / "recordings").mkdir(exist_ok=True)
            (tmp_path / "recordings" / row.path).write_bytes(raw[: 4 * 8000])
    told: dict[str, Standing] = {}

    async def note(growing: Growing, standing: Standing) -> None:
        told[growing.role] = standing

    scribe = Scribe(settings(tmp_path), engine, heard=note, pace=QUICK)
    async with running(scribe):
        await eventually(lambda: "agent" in told and "您好" in said_live(told["agent"]), 120)
        assert read_by(engine, "c1") == {"c1-caller-recording", "c1-agent-recording"}
        pid = scribe.hands[0].pid
        with session(engine) as db:
            for role, raw in whole.items():
                (tmp_path / "recordings" / f"{role}.wav").write_bytes(raw)
                db.get_one(Recording, f"c1-{role}-recording").finished = True
            db.get_one(Call, "c1").outcome = "answered"
            db.add(Job(call_id="c1", created_at=datetime.now(UTC)))
        await eventually(lambda: state(engine, "c1") == "done", 120)
        assert scribe.hands[0].pid == pid
    with session(engine) as db:
        kept = load_hearings(db, ["c1"])["c1"]
        hits = search(db, Wanted("帮您转接")).items
    agent = kept["c1-agent-recording"]
    assert replace(agent, second=()) == listen(
        read_wav(wav("transfer-good", "agent")), recogniser(), agent.phrases
    )
    assert "转接" in [word.text for word in agent.second]
    assert [(hit.call.id, hit.role) for hit in hits] == [("c1", "agent")]
    assert read_by(engine, "c1") == set()


def said_live(standing: Standing) -> str:
    return "".join(text for _, _, text in standing.utterances) + standing.partial


def read_by(engine: Engine, call_id: str) -> set[str]:
    with session(engine) as db:
        return set(read_so_far(db, call_id))
