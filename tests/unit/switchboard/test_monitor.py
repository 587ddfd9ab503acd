"""A supervisor on a live call: each party hums, and what each hears proves who heard whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from callcenter.domain.calls import Role
from callcenter.settings import Settings
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.monitor import Mode, Monitor, MonitorRefused, Why, hearing
from sip.aio.player import Ticker
from sip.media.wav import Wav
from tests.board import Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone

CALLER, AGENT, BOSS, OTHER = 440.0, 1000.0, 2200.0, 3100.0


def with_supervisor(settings: Settings) -> Settings:
    """Extension 3 is a supervisor's."""
    extensions = tuple(
        each.model_copy(update={"role": "supervisor"}) if each.number == "3" else each
        for each in settings.extensions
    )
    return settings.model_copy(update={"extensions": extensions})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    outside: dict[str, Any] = {"1": True}
    async with switchboard(with_supervisor(settings_for(tmp_path, outside=outside))) as running:
        yield running


class Trace:
    """What was handed to the audit."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, str, str]] = []

    def __call__(self, action: str, detail: Mapping[str, Any]) -> None:
        assert detail["supervisor"] == "3" and detail["call_id"]
        self.noted.append((action, detail["mode"], detail["result"]))


class Watched:
    """A call that goes on, with everybody at their phones."""

    def __init__(self, live: LiveCall, caller: Phone, agent: Phone, boss: Phone) -> None:
        self.live, self.caller, self.agent, self.boss = live, caller, agent, boss
        self.trace = Trace()
        self.monitor = Monitor(live, self.trace)

    async def hears(self, phone: Phone, *tones: float) -> None:
        """Until a phone hears these, all as strong, and no others."""
        others = {CALLER, AGENT, BOSS, OTHER} - set(tones)
        share = 0.9 / len(tones)

        def good() -> bool:
            heard = phone.heard
            return all(heard.share(tone, 25) > share / 2 for tone in tones) and all(
                heard.share(tone, 25) < 0.02 for tone in others
            )

        shares = {tone: round(phone.heard.share(tone, 25), 2) for tone in (CALLER, AGENT, BOSS, OTHER)}
        await eventually(good, message=f"{phone.number} hears {shares}, not {tones}")

    async def everybody_hears(self, mode: Mode) -> None:
        await self.hears(self.boss, CALLER, AGENT)
        await self.hears(self.agent, CALLER, *([BOSS] if mode is not Mode.LISTEN else []))
        await self.hears(self.caller, AGENT, *([BOSS] if mode is Mode.JOIN else []))


@pytest.fixture
async def watched(desk: Switchboard, make_phone: MakePhone, caller: Phone) -> Watched:
    agent, boss = await make_phone("1", AGENT), await make_phone("3", BOSS)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(AGENT)
    return Watched(await desk.live(), caller, agent, boss)


@pytest.mark.parametrize("mode", list(Mode))
async def test_each_mode(desk: Switchboard, watched: Watched, mode: Mode) -> None:
    await watched.monitor.begin("3", mode)
    await watched.everybody_hears(mode)
    watched.caller.call.hangup()
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "caller")
    await watched.boss.call.over()
    await eventually(lambda: len(watched.trace.noted) == 2)
    assert watched.trace.noted == [("monitor_begin", mode.value, "ok"), ("monitor_end", mode.value, "ok")]


async def test_the_mode_changes_and_the_supervisor_leaves_without_a_trace_in_the_call(
    desk: Switchboard, watched: Watched
) -> None:
    await watched.monitor.begin("3", Mode.LISTEN)
    await watched.everybody_hears(Mode.LISTEN)
    for mode in (Mode.WHISPER, Mode.JOIN, Mode.LISTEN):
        watched.monitor.change(mode)
        await watched.everybody_hears(mode)
    watched.boss.call.hangup()
    await eventually(lambda: watched.live.monitor is None)
    await watched.hears(watched.caller, AGENT)
    await watched.hears(watched.agent, CALLER)
    stream = watched.live.caller.stream
    assert stream._pipe.received == stream._received  # the short way again
    assert not watched.caller.call.is_over
    with pytest.raises(MonitorRefused):
        watched.monitor.change(Mode.JOIN)
    watched.monitor.end()
    again = Monitor(watched.live, watched.trace)
    await again.begin("3", Mode.JOIN)
    await watched.everybody_hears(Mode.JOIN)
    again.end()
    await watched.boss.call.over()
    await watched.hears(watched.caller, AGENT)
    watched.caller.call.hangup()
    await desk.row()
    actions = [action for action, _, _ in watched.trace.noted]
    assert actions == [
        "monitor_begin",
        *["monitor_change"] * 3,
        "monitor_end",
        "monitor_begin",
        "monitor_end",
    ]


async def test_the_record_has_the_supervisors_leg_and_counts_it_for_nothing(
    desk: Switchboard, watched: Watched, tmp_path: Path
) -> None:
    await watched.monitor.begin("3", Mode.JOIN)
    await watched.everybody_hears(Mode.JOIN)
    watched.agent.call.hangup()
    await watched.caller.call.over()
    row = await desk.row()
    legs = {leg.role: leg for leg in desk.legs()}
    assert set(legs) == {"caller", "agent", "supervisor"}
    boss = legs["supervisor"]
    assert boss.party == "3" and boss.answered_at and boss.ended_at and boss.bound is None
    assert legs["agent"].answered_at and legs["agent"].ended_at
    talked = (legs["agent"].ended_at - legs["agent"].answered_at).total_seconds()
    assert abs(row.talk_seconds - talked) < 0.1
    await eventually(lambda: not desk.board.calls)
    files = {path.stem: path for path in (tmp_path / "recordings").rglob("*.wav")}
    assert files.keys() == {legs["caller"].id, legs["agent"].id}
    seconds = [Wav.parse(path.read_bytes()).seconds for path in files.values()]
    assert min(seconds) > talked - 0.1
    await eventually(lambda: desk.board.pool.in_use == 0)
    assert not desk.board.occupied
    await eventually(lambda: watched.live.monitor is None)
    assert watched.monitor._conference.streams == ()
    assert watched.monitor._conference not in Ticker.of_running_loop()._players


async def test_the_conference_follows_a_transfer(
    desk: Switchboard, watched: Watched, make_phone: MakePhone
) -> None:
    other = await make_phone("2", OTHER)
    await watched.monitor.begin("3", Mode.WHISPER)
    await watched.everybody_hears(Mode.WHISPER)
    await desk.command("transfer", call_id=watched.live.id, target="2")
    await watched.hears(watched.boss, CALLER, OTHER)
    await watched.hears(other, CALLER, BOSS)
    await watched.hears(watched.caller, OTHER)
    watched.caller.call.hangup()
    assert (await desk.row()).transfer_to == "2"


async def test_a_hold_is_heard_by_nobody_and_keys_go_through(desk: Switchboard, watched: Watched) -> None:
    await watched.monitor.begin("3", Mode.LISTEN)
    await watched.everybody_hears(Mode.LISTEN)
    assert watched.agent.stream is not None and watched.boss.stream is not None
    watched.agent.stream.press("7")
    await watched.caller.hears_keys("7")
    watched.agent.call.press("8")
    await watched.caller.hears_keys("78")
    watched.boss.stream.press("1")
    watched.agent.reinvite("sendonly")
    await eventually(lambda: watched.live.book.facts.holds)
    await watched.hears(watched.boss, CALLER)
    await eventually(lambda: b"".join(watched.caller.heard.payloads[-10:]) in desk.board.hold_music.alaw)
    watched.agent.reinvite("sendrecv")
    await watched.everybody_hears(Mode.LISTEN)
    assert watched.caller.keys == ["7", "8"] and not watched.agent.keys


async def test_the_supervisors_own_hold_keeps_nobody_waiting(desk: Switchboard, watched: Watched) -> None:
    await watched.monitor.begin("3", Mode.LISTEN)
    await watched.everybody_hears(Mode.LISTEN)
    boss = next(leg for leg in watched.live.legs if leg.role is Role.SUPERVISOR)
    watched.boss.reinvite("sendonly")
    await eventually(lambda: not boss.stream.receiving)
    assert not watched.live.book.facts.holds and not boss.on_hold


def test_in_a_call_to_the_outside_the_caller_is_the_one_whispered_to() -> None:
    def leg(role: Role, *, outside: bool) -> Leg:
        stream: Any = object()
        media: Any = type("M", (), {"stream": stream})()
        call: Any = None
        return Leg("id", role, "1", call, media, outside=outside)

    ours, theirs, boss = (
        leg(Role.CALLER, outside=False),
        leg(Role.TARGET, outside=True),
        leg(Role.SUPERVISOR, outside=False),
    )
    hears = hearing(Mode.WHISPER, boss, ours, theirs)
    assert hears[ours.stream] == [theirs.stream, boss.stream]
    assert hears[theirs.stream] == [ours.stream]


async def refused(monitor: Monitor, who: str) -> Why:
    with pytest.raises(MonitorRefused) as refusal:
        await monitor.begin(who, Mode.LISTEN)
    return refusal.value.why


async def test_who_may_not_or_cannot_is_refused_and_the_call_goes_on(
    desk: Switchboard, watched: Watched, make_phone: MakePhone
) -> None:
    await make_phone("2", OTHER)
    assert await refused(watched.monitor, "2") is Why.FORBIDDEN
    assert await refused(watched.monitor, "999") is Why.FORBIDDEN
    assert watched.trace.noted == []
    watched.boss.refuse = 603
    assert await refused(watched.monitor, "3") is Why.UNREACHABLE
    watched.boss.refuse = None
    await watched.monitor.begin("3", Mode.LISTEN)
    assert await refused(Monitor(watched.live, watched.trace), "3") is Why.CONFLICT
    assert [result for _, _, result in watched.trace.noted] == ["unreachable", "ok"]
    await watched.everybody_hears(Mode.LISTEN)


async def test_the_call_ends_while_the_supervisors_phone_rings(desk: Switchboard, watched: Watched) -> None:
    watched.boss.ring_seconds = None
    beginning = asyncio.create_task(watched.monitor.begin("3", Mode.LISTEN))
    await eventually(lambda: watched.boss.calls)
    watched.caller.call.hangup()
    await desk.row()
    with pytest.raises(MonitorRefused) as refusal:
        await beginning
    assert refusal.value.why is Why.CONFLICT
    await watched.boss.call.over()
    await eventually(lambda: desk.board.pool.in_use == 0)
    assert await refused(watched.monitor, "3") is Why.CONFLICT


async def test_a_supervisor_who_is_not_wanted_any_more_rings_no_longer(
    desk: Switchboard, watched: Watched
) -> None:
    watched.boss.ring_seconds = None
    beginning = asyncio.create_task(watched.monitor.begin("3", Mode.LISTEN))
    await eventually(lambda: watched.boss.calls)
    beginning.cancel()
    await watched.boss.call.over()
    await eventually(lambda: watched.live.monitor is None)
    assert not watched.caller.call.is_over


async def test_while_the_phone_rings_the_mode_may_change_and_the_supervisor_be_told_off(
    desk: Switchboard, watched: Watched
) -> None:
    watched.boss.ring_seconds = None
    beginning = asyncio.create_task(watched.monitor.begin("3", Mode.LISTEN))
    await eventually(lambda: watched.boss.calls)
    watched.monitor.change(Mode.JOIN)
    watched.monitor.end()
    with pytest.raises(MonitorRefused) as refusal:
        await beginning
    assert refusal.value.why is Why.CONFLICT
    await watched.boss.call.over()
    assert watched.live.monitor is None and not watched.caller.call.is_over
    assert watched.trace.noted[-1] == ("monitor_begin", "join", "conflict")


async def test_a_call_that_nobody_has_answered_is_not_listened_to(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    (await make_phone("1")).ring_seconds = None
    await caller.dial("8000")
    live = await desk.live()
    assert await refused(Monitor(live, Trace()), "3") is Why.CONFLICT


async def test_a_supervisors_phone_that_dies_is_given_up_and_the_call_goes_on(
    tmp_path: Path, make_phone: MakePhone, desk: Switchboard, watched: Watched
) -> None:
    watched.live._silence._timeout = 0.6
    await watched.monitor.begin("3", Mode.LISTEN)
    await watched.everybody_hears(Mode.LISTEN)
    assert watched.boss.stream is not None
    watched.boss.stream.close()
    await watched.boss.agent.wire.close()
    watched.live._silence.stop()
    watched.live._silence.start()
    await eventually(lambda: watched.live.monitor is None)
    await watched.hears(watched.caller, AGENT)
    assert not watched.live.lost
    watched.caller.call.hangup()
    assert (await desk.row()).hung_up_by == "caller"
