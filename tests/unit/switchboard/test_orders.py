"""What a transferor is told, and when its legs may be ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callcenter.switchboard import orders
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.orders import Transferor, status_of
from sip.message import URI
from sip.refer import Refer
from tests.support import scaled


class _Call:
    """A call that keeps what is told."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.told, self.ended = asyncio.Event(), asyncio.Event()

    def notify_transfer(self, status: int) -> None:
        self.statuses.append(status)

    async def transfer_told(self) -> None:
        await self.told.wait()

    async def over(self) -> None:
        await self.ended.wait()


class _Leg:
    def __init__(self) -> None:
        self.call = _Call()


def transferor(**changes: Any) -> Transferor:
    leg: Any = _Leg()
    return Transferor(leg, Refer(URI("sip", "h", user="3"), **changes))


@pytest.mark.parametrize(
    ("missed", "anybody", "status"),
    [
        (Missed(Miss.BUSY), True, 486),
        (Missed(Miss.BUSY, 600), True, 600),
        (Missed(Miss.NO_ANSWER), True, 480),
        (Missed(Miss.REJECTED, 603), True, 603),
        (Missed(Miss.UNREACHABLE), True, 480),
        (Missed(Miss.UNREACHABLE), False, 404),
    ],
)
def test_the_final_status(missed: Missed, anybody: bool, status: int) -> None:
    assert status_of(missed, anybody) == status


async def test_the_first_outcome_holds() -> None:
    by = transferor()
    by.ringing()
    by.finish(200)
    by.finish(487)
    by.ringing()
    assert by.leg.call.statuses == [180, 200]  # type: ignore[attr-defined]


async def test_a_transfer_by_a_page_tells_no_telephone() -> None:
    leg: Any = _Leg()
    by = Transferor(leg)
    by.ringing()
    by.finish(200)
    assert (leg.call.statuses, by.headers) == ([], ())


async def test_referred_by_is_passed_on() -> None:
    assert transferor(referred_by="<sip:1@h>").headers == (("Referred-By", "<sip:1@h>"),)


async def test_a_leg_leaves_when_it_hangs_up() -> None:
    leg: Any = _Leg()
    by = Transferor(leg, Refer(URI("sip", "h", user="3")))
    leg.call.ended.set()
    await asyncio.wait_for(by.leaves(by.leg), scaled(1))


@pytest.mark.parametrize("answers", [True, False])
async def test_a_leg_leaves_when_the_outcome_is_told(answers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "TELL_SECONDS", 0.02)
    monkeypatch.setattr(orders, "GRACE_SECONDS", 0.02)
    by = transferor()
    leaving = asyncio.create_task(by.leaves(by.leg))
    await asyncio.sleep(0)
    assert not leaving.done()
    by.finish(200)
    if answers:
        by.leg.call.told.set()  # type: ignore[attr-defined]
    await asyncio.wait_for(leaving, scaled(1))


async def test_the_consultation_leaves_as_soon_as_the_outcome_is_told() -> None:
    by, consult = transferor(), _Leg()
    by.finish(200)
    by.leg.call.told.set()  # type: ignore[attr-defined]
    leg: Any = consult
    await asyncio.wait_for(by.leaves(leg), scaled(1))
