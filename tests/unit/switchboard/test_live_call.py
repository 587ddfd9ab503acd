"""Holds and recordings of a call."""

from __future__ import annotations

from sip.media.wav import Wav
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


async def test_a_held_caller_hears_music_and_not_the_room(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", 1080.0)  # no note of the music, nor an overtone
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1080.0)
    live = await desk.live()
    agent.reinvite("sendonly")  # and it goes on humming: its microphone is open
    await eventually(lambda: live.book.facts.holds)
    before = len(caller.heard.payloads)
    await eventually(lambda: len(caller.heard.payloads) > before + 30)
    assert caller.heard.share(1080.0) < 0.05
    assert b"".join(caller.heard.payloads[-25:]) in desk.board.hold_music.alaw
    agent.reinvite("sendrecv")
    await caller.hears(1080.0)
    holds = live.book.facts.holds
    assert len(holds) == 1 and holds[0].ended_at is not None
    caller.call.hangup()
    assert (await desk.row()).hold_seconds > 0.5


async def test_each_side_is_recorded_alone_and_for_the_whole_call(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", 1000.0)
    await caller.dial("8000")
    await caller.connected()
    await agent.hears(440.0)
    await eventually(lambda: len(caller.heard.payloads) > 50)
    caller.call.hangup()
    row = await desk.row()
    await eventually(lambda: not desk.board.calls)
    files = {file.stem: file for file in desk.board.settings.recordings.rglob("*.wav")}
    legs = {leg.id: leg for leg in desk.legs()}
    assert files.keys() == legs.keys() and len(files) == 2
    for leg_id, leg in legs.items():  # the agent's leg lasts until our BYE, a little longer than the call
        assert row.answered_at is not None and leg.ended_at is not None
        talked = (leg.ended_at - row.answered_at).total_seconds()
        assert abs(Wav.parse(files[leg_id].read_bytes()).seconds - talked) < 0.02


async def test_nothing_is_left_behind(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> None:
    await make_phone("1")
    await caller.dial("8000")
    await caller.connected()
    caller.call.hangup()
    await desk.row()
    await eventually(lambda: not desk.board.calls)
    assert desk.board.pool.in_use == 0
    assert not desk.board.occupied
