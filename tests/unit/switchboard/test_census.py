"""What a switchboard holds, counted: during a call, and after it."""

from __future__ import annotations

from callcenter.switchboard.census import census, descriptors, instances, process
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone

CALL = ("live_calls", "occupied", "rtp_ports_in_use", "recordings_open", "calls")


async def test_a_call_gives_back_what_it_took(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    before, sockets = census(desk.board), descriptors()["socket"]
    assert [before[name] for name in (*CALL, "bindings")] == [0, 0, 0, 0, 0, 1]
    await caller.dial("8000")
    await caller.connected()
    await eventually(lambda: census(desk.board)["recordings_open"] == 2)
    during = census(desk.board)
    assert [during[name] for name in CALL] == [1, 1, 2, 2, 2]
    assert descriptors()["socket"] >= sockets + 8  # RTP and RTCP, here and in two phones
    caller.call.hangup()
    await desk.row()
    await eventually(lambda: not any(census(desk.board)[name] for name in CALL[:4]))
    assert census(desk.board)["calls_over"] == 2  # for late messages
    assert census(desk.board)["guarded_dialogs"] == 0


async def test_the_process_is_measured() -> None:
    found = process()
    assert found["open_files"] > 3 and found["threads"] >= 1 and found["tasks"] >= 1
    assert found["resident_bytes"] > 10**7


def test_objects_are_counted_by_class() -> None:
    class Kept:
        pass

    kept = [Kept() for _ in range(7)]
    name = f"{Kept.__module__}.{Kept.__qualname__}"
    assert instances()[name] == 7
    kept.clear()
    assert instances()[name] == 0
