"""Several phones of one extension."""

from __future__ import annotations

from tests.board import Phone, Switchboard
from tests.unit.switchboard.conftest import MakePhone


async def test_the_older_phone_is_tried_where_the_newest_is_gone(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    older, newest = await make_phone("1", 1000.0), await make_phone("1")
    await newest.agent.stop()  # its registration stays
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    assert older.call.answered_at is not None
    row_legs = [leg.party for leg in desk.legs()]
    assert row_legs.count("1") == 2  # both are on record
