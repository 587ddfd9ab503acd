"""Whose limits a call has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Direction, Line
from callcenter.switchboard.patience import limits_for
from callcenter.switchboard.warnings import HoldLimits, Limits
from sip.moment import Moment
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone
from tests.unit.switchboard.flows import floor

NOW = Moment(datetime(2026, 5, 1, tzinfo=UTC), 0.0)
HOLD = HoldLimits(20.0, 30.0)


@pytest.mark.parametrize(
    ("line", "caller", "callee", "limits"),
    [
        (Line.INTERNAL, "1", "3", Limits(HOLD, 180.0)),
        (Line.INTERNAL, "3", "2", Limits(HOLD, 180.0)),
        (Line.EXTERNAL, "1", "075588886666", Limits(HOLD, 600.0)),
        (Line.INTERNAL, "3", "4", Limits()),
    ],
)
async def test_a_call_without_a_flow_has_the_limits_of_its_agents_desk(
    desk: Switchboard, line: Line, caller: str, callee: str, limits: Limits
) -> None:
    book = CallBook("c1", Direction.OUTBOUND, line, caller, callee, NOW)
    assert limits_for(desk.board, book) == limits


@pytest.mark.parametrize(("outside", "limits"), [(True, Limits(HOLD, 600.0)), (False, Limits(HOLD, 180.0))])
async def test_a_desks_call_has_those_of_its_flow(
    desk: Switchboard, make_phone: MakePhone, caller: Phone, outside: bool, limits: Limits
) -> None:
    await make_phone("1")
    who = caller if outside else await make_phone("3")
    await who.dial("8000")
    live = await desk.live()
    await eventually(lambda: live.warnings.limits == limits)


async def test_a_desk_whose_flow_is_a_file_has_the_limits_of_that(tmp_path: Path) -> None:
    flow = '[start]\nopen = "ring"\n[talk]\nlong_call = 60\n[step.ring]\ndo = "ring"\ngroup = "front"\n'
    async with floor(tmp_path, flow) as here:
        book = CallBook("c1", Direction.OUTBOUND, Line.EXTERNAL, "1", "075588886666", NOW)
        assert limits_for(here.desk.board, book) == Limits(HOLD, 60.0)
