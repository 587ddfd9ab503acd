"""Messages: what ends them, what is kept of them, and that silence is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session, select

from callcenter.store.tables import Recording
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.message import LOUD, Ended, Limits, Message, Speech, take_message
from sip.media import tones
from sip.media.g711 import PCMA
from sip.media.wav import Wav
from sip.sdp import G722
from tests.board import Phone, Switchboard
from tests.single import does
from tests.support import eventually, scaled
from tests.unit.sip.phone import share

CALLER, BEEP = 440.0, 1000.0
LONG = scaled(20)


class Mailbox:
    """Takes one message of each caller."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.messages: list[Message] = []
        self.over = asyncio.Event()

    async def __call__(self, live: LiveCall) -> None:
        try:
            await take_message(live, live.caller, self.limits, self.messages.append)
        finally:
            self.over.set()


async def leave(
    desk: Switchboard,
    caller: Phone,
    monkeypatch: pytest.MonkeyPatch,
    limits: Limits,
    end: Callable[[Phone], Any],
    seconds: float = 0.6,
) -> Mailbox:
    """The caller hears the tone, hums for a while, and does `end`."""
    mailbox = Mailbox(limits)
    does(desk, monkeypatch, mailbox)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(BEEP)
    live = await desk.live()
    track = await eventually(lambda: live.caller.track)
    await eventually(lambda: track.seconds >= seconds)
    end(caller)
    await eventually(mailbox.over.is_set)
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()
    return mailbox


def kept(desk: Switchboard) -> list[Recording]:
    with Session(desk.engine) as session:
        return list(session.exec(select(Recording)))


@pytest.mark.parametrize(
    ("ended", "limits", "end"),
    [
        (Ended.KEY, Limits(LONG, LONG), lambda phone: phone.stream.press("#", 60)),
        (Ended.KEY, Limits(LONG, LONG, "1"), lambda phone: (phone.call.press("#"), phone.call.press("1"))),
        (Ended.SILENCE, Limits(LONG, 0.5), lambda phone: phone.stream.stop_playing()),
        (
            Ended.SILENCE,
            Limits(LONG, 0.5),
            lambda phone: phone.stream.play(tones.silence(), loop=True),
        ),
        (Ended.LENGTH, Limits(1.0, LONG), lambda phone: None),
        (Ended.HANG_UP, Limits(LONG, LONG), lambda phone: phone.call.hangup()),
    ],
    ids=["hash", "one", "no-packets", "quiet-packets", "length", "hang-up"],
)
async def test_what_ends_a_message_and_what_is_kept(
    desk: Switchboard,
    caller: Phone,
    monkeypatch: pytest.MonkeyPatch,
    ended: Ended,
    limits: Limits,
    end: Callable[[Phone], Any],
) -> None:
    mailbox = await leave(desk, caller, monkeypatch, limits, end)
    (message,), (recording,) = mailbox.messages, kept(desk)
    assert message.ended is ended
    assert (message.recording_id, recording.offset_seconds) == (recording.id, 0)
    assert recording.finished and recording.duration_seconds is not None
    assert abs(recording.duration_seconds - message.seconds) < 0.05
    assert message.seconds >= 0.5
    wav = Wav.parse((desk.board.settings.recordings / recording.path).read_bytes())
    samples = PCMA.decode(wav.data)
    assert share(samples[:4000], CALLER) > 0.9 and share(samples[:4000], BEEP) < 0.01
    assert desk.board.pool.in_use == 0


async def test_who_says_nothing_leaves_no_message_and_no_file(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller.hertz = 0.0  # it sends silence
    mailbox = Mailbox(Limits(LONG, 0.5))
    does(desk, monkeypatch, mailbox)
    await caller.dial("8000")
    await caller.connected()
    await eventually(mailbox.over.is_set)
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()
    assert mailbox.messages == [] and kept(desk) == []
    assert not list(desk.board.settings.recordings.rglob("*.wav"))


def _falls_silent(phone: Phone) -> None:
    assert phone.stream is not None
    phone.stream.stop_playing()


async def test_a_message_in_g722(desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    caller.codecs = (G722,)
    mailbox = await leave(desk, caller, monkeypatch, Limits(LONG, 0.6), _falls_silent)
    assert [message.ended for message in mailbox.messages] == [Ended.SILENCE]
    assert [recording.codec for recording in kept(desk)] == ["G722"]


async def test_a_second_message_is_a_file_of_its_own(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[Message] = []

    async def twice(live: LiveCall) -> None:
        for _ in range(2):
            await take_message(live, live.caller, Limits(0.5, LONG), messages.append)

    does(desk, monkeypatch, twice)
    await caller.dial("8000")
    await caller.connected()
    await eventually(lambda: len(messages) == 2)
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()
    assert {each.id for each in kept(desk)} == {each.recording_id for each in messages}
    assert len({each.path for each in kept(desk)}) == 2
    assert all(each.duration_seconds for each in kept(desk))


async def test_who_was_recorded_before_is_recorded_again_afterwards(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[Message] = []

    async def talk_and_leave_a_message(live: LiveCall) -> None:
        live.record(live.caller, live.board.now())
        await take_message(live, live.caller, Limits(0.5, LONG), messages.append)
        assert live.caller.recording is not None
        assert live.caller.recording.id != messages[0].recording_id

    does(desk, monkeypatch, talk_and_leave_a_message)
    await caller.dial("8000")
    await caller.connected()
    await eventually(lambda: messages)
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()
    assert len(kept(desk)) == 3 and all(each.finished for each in kept(desk))
    assert desk.board.recorder.stats.failed_tracks == 0


def test_a_click_is_no_speech_and_hiss_is_none_either() -> None:
    speech = Speech(10.0)
    hiss = (np.random.default_rng(1).standard_normal(160) * LOUD / 4).astype(np.int16)
    for tick in range(50):
        speech.put(hiss, 10 + tick / 50)
    assert speech.last == 10.0
    speech.put(tones.sine(300, 0.02), 12.0)
    assert (speech.any, speech.last) == (False, 12.0)
    for tick in range(5):
        speech.put(tones.sine(300, 0.02), 13 + tick / 50)
    assert (speech.any, speech.last) == (True, 13.08)
