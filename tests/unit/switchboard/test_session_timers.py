"""Session timers on the switchboard's legs: kept alive, and ended by the network where a side is dead."""

from __future__ import annotations

import time

import pytest

from sip.effects import Change, Changed
from sip.sdp import Description, offer
from sip.session_timer import Refresher
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


class Ahead:
    """Lets time pass for the switchboard's user agent alone."""

    def __init__(self, desk: Switchboard) -> None:
        self.agent = desk.board.agent
        self.seconds = 0.0
        self.agent._clock = lambda: time.monotonic() + self.seconds

    def jump(self, seconds: float) -> None:
        self.seconds += seconds
        self.agent._on_timer()


async def test_row_18_a_caller_that_never_refreshes_is_on_record_as_ended_by_the_network(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    agent = await make_phone("1", 1000.0)
    ahead = Ahead(desk)
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    timers = [leg.call.session.features.timer for leg in live.legs]
    assert [timer.refresher for timer in timers] == [Refresher.THEM, Refresher.US]
    ahead.jump(901)  # the agent's phone is asked for a sign of life, and gives it
    await eventually(lambda: (timers[1].deadline or 0) > time.monotonic() + ahead.seconds + 800)
    assert not agent.call.is_over
    ahead.jump(870)
    row = await desk.row()
    assert (row.outcome, row.hung_up_by) == ("answered", "network")
    await caller.call.over()
    await agent.call.over()


async def test_row_18_a_refresh_that_moves_the_media_is_followed(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_phone("1", 1000.0)
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    leg = live.legs[1]
    ours, moved = bytes(offer("127.0.0.1", 4000)), Description.parse(bytes(offer("127.0.0.1", 4444)))
    seen: list[int] = []
    monkeypatch.setattr(leg.media, "apply", lambda agreement: seen.append(agreement.port))
    live._refreshed(leg, Changed(Change("INVITE", ours), 200, "OK", moved), desk.board.now())
    assert seen == []  # not a refresh: whoever sent it applies the answer
    live._refreshed(leg, Changed(Change("INVITE", ours, refresh=True), 200, "OK", moved), desk.board.now())
    assert seen == [4444]
    nothing = Description.parse(bytes(offer("127.0.0.1", 4444)).replace(b"m=audio 4444", b"m=audio 0"))
    live._refreshed(leg, Changed(Change("INVITE", ours, refresh=True), 200, "OK", nothing), desk.board.now())
    assert seen == [4444]
