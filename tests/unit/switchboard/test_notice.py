"""The recording notice: nothing of a party is kept before they heard it, nor after an objection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from callcenter.domain.calls import Hearing
from callcenter.store.tables import Recording
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.notice import Notices
from sip.media import tones
from sip.media.clip import Clip
from sip.media.wav import Wav
from sip.sdp import settle
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone

CALLER, AGENT, NOTICE, OTHER = 440.0, 1000.0, 2500.0, 3200.0
SECONDS = 0.8


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path, ring_timeout=20.0)) as running:
        yield running


@dataclass(frozen=True)
class Plan:
    mode: str = "answered"
    prompt: str = "recording-notice"
    version: str = "2026-1"
    objection_key: str = "9"


def spoken(seconds: float = SECONDS) -> Clip:
    return Clip.from_samples(tones.sine(NOTICE, seconds))


async def ringing(desk: Switchboard, caller: Phone, plan: Plan, seconds: float = SECONDS) -> Notices:
    """The call while its agent's phone rings, with a notice to be heard."""
    await caller.dial("8000")
    live = await desk.live()
    await eventually(lambda: len(live.legs) == 2)
    return Notices(live, plan, spoken(seconds))


def early(desk: Switchboard, notices: Notices) -> None:
    prepared = desk.reception.stories[notices._live.id].prepared
    assert prepared is not None
    notices.begin_early(*prepared)


def recordings(desk: Switchboard) -> dict[str, Recording]:
    """By the role of the leg."""
    roles = {leg.id: leg.role for leg in desk.legs()}
    with Session(desk.engine) as session:
        return {roles[each.leg_id]: each for each in session.exec(select(Recording))}


async def told(live: LiveCall, outcome: Hearing) -> None:
    await eventually(lambda: [each.outcome for each in live.book.facts.notices] == [outcome])


async def hear_early(phone: Phone) -> None:
    """A caller whose phone plays what comes before the answer."""
    await eventually(lambda: phone.call.early_media)
    assert phone._offered is not None

    phone._hum(settle(phone._offered, next(iter(phone.call.early_media.values()))))


async def test_after_the_answer_the_caller_hears_it_and_is_recorded_from_its_end_on(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan())
    live = notices._live
    await caller.connected()
    await caller.hears(NOTICE)
    await agent.hears(CALLER)
    assert not notices.may_record(live.caller) and notices.playing(live.caller)
    assert live.caller.track is None
    await caller.hears(AGENT)
    await told(live, Hearing.HEARD)
    fact = live.book.facts.notices[0]
    assert (fact.leg_id, fact.version) == (live.caller.id, "2026-1")
    assert fact.ended_at is not None
    await eventually(lambda: live.caller.recording)
    caller.call.hangup()
    row, kept = await desk.row(), await _ended(desk)
    assert row.notices[0]["outcome"] == "heard"
    assert kept["agent"].offset_seconds == 0
    assert abs(kept["caller"].offset_seconds - (fact.ended_at - row.answered_at).total_seconds()) < 0.05  # type: ignore[operator]
    assert kept["caller"].offset_seconds > SECONDS * 0.8
    wav = Wav.parse((desk.board.settings.recordings / kept["caller"].path).read_bytes())
    assert abs(wav.seconds - (kept["caller"].duration_seconds or 0)) < 0.02


async def test_early_the_agents_ring_meanwhile_and_both_are_recorded_from_the_answer_on(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = None
    notices = await ringing(desk, caller, Plan("early"))
    early(desk, notices)
    early(desk, notices)  # once is enough
    live = notices._live
    await hear_early(caller)
    await caller.hears(NOTICE)
    await told(live, Hearing.HEARD)
    await caller.hears(450.0)  # the ring-back tone: the phone makes none of its own any more
    await agent.pick_up()
    await caller.connected()
    await caller.hears(AGENT)
    assert live.caller.recording is not None and live.caller.recording.offset_seconds == 0
    assert len(live.book.facts.notices) == 1
    caller.call.hangup()
    assert set(await _ended(desk)) == {"caller", "agent"}


async def _ended(desk: Switchboard) -> dict[str, Recording]:
    await desk.row()
    await eventually(lambda: not desk.board.calls)
    await desk.board.ledger.flush()
    return recordings(desk)


async def test_early_an_agent_who_answers_sooner_does_not_cut_it_short(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = None
    notices = await ringing(desk, caller, Plan("early"), 1.5)
    early(desk, notices)
    live = notices._live
    await hear_early(caller)
    await caller.hears(NOTICE)
    await agent.pick_up()
    await caller.connected()
    await agent.hears(CALLER)
    assert caller.heard.share(NOTICE) > 0.9 and live.caller.track is None
    await caller.hears(AGENT)
    await told(live, Hearing.HEARD)
    caller.call.hangup()
    kept = await _ended(desk)
    assert kept["caller"].offset_seconds > 0.2 and kept["agent"].offset_seconds == 0


async def test_who_hangs_up_during_the_notice_is_not_recorded(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    (await make_phone("1", AGENT)).ring_seconds = 0.3
    await ringing(desk, caller, Plan(), 20.0)
    await caller.connected()
    await caller.hears(NOTICE)
    caller.call.hangup()
    row = await desk.row()
    assert [notice["outcome"] for notice in row.notices] == ["cut_short"]
    assert set(await _ended(desk)) == {"agent"}


@pytest.mark.parametrize(
    "press",
    [lambda phone: phone.stream.press("9", 60), lambda phone: phone.call.press("9")],
    ids=["event", "info"],
)
async def test_who_objects_is_not_recorded_nor_is_the_agent(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, press: Callable[[Any], None]
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 20.0)
    live = notices._live
    await caller.connected()
    await caller.hears(NOTICE)
    leg = next(leg for leg in live.legs if leg.party == "1")
    track = await eventually(lambda: leg.track)
    await eventually(lambda: track.seconds > 0.2)
    path = track.path
    press(caller)
    await told(live, Hearing.OBJECTED)
    said = desk.board.prompt("recording-off")
    await eventually(lambda: said.alaw[160:4800] in b"".join(caller.heard.payloads))
    await caller.hears(AGENT)
    assert [each.prompt for each in live.book.facts.announcements] == ["recording-off"]
    await eventually(lambda: not path.exists())
    assert not notices.may_record(live.caller) and not notices.may_record(leg)
    caller.call.hangup()
    row = await desk.row()
    assert [notice["outcome"] for notice in row.notices] == ["objected"]
    assert await _ended(desk) == {}
    assert not [path for path in desk.board.settings.recordings.rglob("*.wav") if path.is_file()]
    assert desk.board.recorder.stats.failed_tracks == 0


async def test_an_objection_just_after_the_notice_counts_and_a_later_key_is_for_the_agent(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 0.3)
    await caller.connected()
    await caller.hears(AGENT)
    await told(notices._live, Hearing.HEARD)
    caller.call.press("8")
    await agent.hears_keys("8")
    caller.call.press("9")
    await told(notices._live, Hearing.OBJECTED)
    assert notices.playing(notices._live.caller)
    await eventually(lambda: not notices.playing(notices._live.caller))
    caller.call.press("9")
    await agent.hears_keys("89")
    caller.call.hangup()
    assert await _ended(desk) == {}


async def test_long_after_the_notice_its_key_is_a_key(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.switchboard.notice.AFTER_SECONDS", 0.0)
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 0.3)
    await caller.connected()
    await told(notices._live, Hearing.HEARD)
    await caller.hears(AGENT)
    caller.call.press("9")
    await agent.hears_keys("9")
    assert not notices.objected


async def test_a_hold_cuts_it_short_and_afterwards_it_is_heard_from_its_beginning(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 1.2)
    live = notices._live
    await caller.connected()
    await caller.hears(NOTICE)
    agent.reinvite("sendonly")
    await told(live, Hearing.CUT_SHORT)
    assert live.caller.track is None
    agent.reinvite("sendrecv")
    await caller.hears(NOTICE)
    await told(live, Hearing.HEARD)
    await caller.hears(AGENT)
    assert live.caller.track is not None


async def test_a_target_outside_hears_it_and_a_target_inside_does_not(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent, other = await make_phone("1", AGENT), await make_phone("2", OTHER)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 0.4)
    live = notices._live
    await caller.connected()
    await told(live, Hearing.HEARD)
    await desk.command("transfer", call_id=live.id, target="2")
    await caller.hears(OTHER)
    target = next(leg for leg in live.legs if leg.party == "2")
    assert target.track is not None
    # The same leg as if it were outside: a party that is new to the call.
    live.discard_recordings()
    target.outside = True
    live.record(target, desk.board.now())
    assert target.track is None and notices.playing(target)
    await other.hears(NOTICE)
    await eventually(lambda: target.track)
    assert [each.leg_id for each in live.book.facts.notices] == [live.caller.id, target.id]


async def test_off_and_told_already_play_nothing(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    (await make_phone("1", AGENT)).ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan("off"))
    early(desk, notices)
    await notices.play(notices._live.caller)
    await caller.connected()
    await caller.hears(AGENT)
    recording = notices._live.caller.recording
    assert recording is not None and recording.offset_seconds == 0
    assert not notices._live.book.facts.notices


async def test_a_story_waits_for_its_end_and_hears_it_once(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", AGENT)
    agent.ring_seconds = 0.3
    notices = await ringing(desk, caller, Plan(), 0.5)
    live = notices._live
    await caller.connected()
    await caller.hears(AGENT)
    await notices.play(live.caller)
    assert notices.may_record(live.caller)
    at = live.book.facts.notices
    await notices.play(live.caller)
    assert live.book.facts.notices == at
