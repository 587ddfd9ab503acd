"""The worker process, with the real model."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.scribe.hands import Hands, Standing, WorkerDied
from tests.speech import recogniser, speech_model, wav
from tests.support import eventually
from transcripts.audio import read_wav

AGENT = wav("transfer-good", "agent")


@pytest.fixture
async def hands() -> AsyncIterator[Hands]:
    hands = Hands(speech_model(), "test")
    yield hands
    await hands.close()


async def test_it_hears_what_the_engine_hears(hands: Hands) -> None:
    heard = await hands.transcribe(AGENT, ["您好", "万科物业"])
    assert list(heard.words) == recogniser().transcribe(read_wav(AGENT))
    assert [word.text for word in heard.spotted or ()][:3] == ["您好", "万科", "物业"]
    assert heard.seconds == pytest.approx(7.51, abs=0.01)
    assert hands.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, hands.pid) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_recording_followed_while_it_grows_is_read_once(hands: Hands, tmp_path: Path) -> None:
    raw, path = AGENT.read_bytes(), tmp_path / "leg.wav"
    path.write_bytes(raw[:40_000])
    standing = await hands.follow("r1", path, ["您好", "万科物业"], 60.0)
    assert isinstance(standing, Standing)
    assert standing.utterances[0][2] == "您好万科物业"
    assert standing.words[0].text == "您好"
    assert standing.seconds == pytest.approx(4.6, abs=0.1)
    path.write_bytes(raw)
    read: list[float] = []
    heard = await hands.transcribe(path, ["您好", "万科物业"], id="r1", progress=read.append)
    assert heard == await hands.transcribe(AGENT, ["您好", "万科物业"])
    await hands.drop("r1")


async def test_a_bad_file_is_an_answer_not_a_death(hands: Hands, tmp_path: Path) -> None:
    heard = await hands.transcribe(tmp_path / "none.wav")
    assert "there is no such file" in (heard.error or "")
    assert hands.pid is not None


async def test_a_worker_that_is_killed_is_noticed_and_replaced(hands: Hands, tmp_path: Path) -> None:
    await hands.transcribe(tmp_path / "none.wav")
    first = hands.pid
    assert first is not None
    asking = asyncio.create_task(hands.transcribe(AGENT))
    await asyncio.sleep(0)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        await asking
    assert (await hands.transcribe(tmp_path / "none.wav")).error
    assert hands.pid not in (None, first)


async def test_a_broken_model_ends_the_worker(tmp_path: Path) -> None:
    hands = Hands(tmp_path, "test")
    with pytest.raises(WorkerDied, match=r"ended with status|pipe broke"):
        await hands.transcribe(AGENT)


async def test_a_worker_ends_with_its_scribe(tmp_path: Path) -> None:
    """Whoever held the other end of its input is gone: it goes too, without being told."""
    hands = Hands(speech_model(), "test")
    await hands.transcribe(tmp_path / "none.wav")
    process = hands._worker._process
    assert process is not None and process.stdin is not None
    process.stdin.close()
    await eventually(lambda: process.returncode is not None, message="the worker outlived its scribe")
    assert process.returncode == 0
