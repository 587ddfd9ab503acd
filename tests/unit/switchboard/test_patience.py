"""Whose limits a call has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, Line
from callcenter.switchboard.patience import limits_for
from callcenter.switchboard.warnings import HoldLimits, Limits
from sip.moment import Moment
from tests.board import Phone, Switchboard
from tests.unit.switchboard.conftest import MakePhone

NOW = Moment(datetime(2026, 5, 1, tzinfo=UTC), 0.0)
HOLD = HoldLimits(20.0, 30.0)


@pytest.mark.parametrize(
    ("line", "caller", "callee", "named", "limits"),
    [
        (Line.EXTERNAL, "13800138000", "8000", "front", Limits(HOLD, 600.0)),
        (Line.INTERNAL, "3", "8000", "front", Limits(HOLD, 180.0)),
        (Line.INTERNAL, "1", "3", None, Limits(HOLD, 180.0)),
        (Line.INTERNAL, "3", "2", None, Limits(HOLD, 180.0)),
        (Line.EXTERNAL, "1", "075588886666", None, Limits(HOLD, 600.0)),
        (Line.INTERNAL, "3", "4", None, Limits()),
    ],
)
async def test_limits_are_those_of_the_desk_or_of_an_agents_desk(
    desk: Switchboard, line: Line, caller: str, callee: str, named: str | None, limits: Limits
) -> None:
    book = CallBook("c1", Direction.INBOUND, line, caller, callee, NOW, desk=named)
    assert limits_for(desk.board, book) == limits


async def test_a_call_has_them_from_its_beginning(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    await caller.dial("8000")
    live = await desk.live()
    assert live.warnings.limits == Limits(HOLD, 600.0)
