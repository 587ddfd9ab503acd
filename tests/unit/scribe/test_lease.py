from __future__ import annotations

import asyncio

import pytest

from callcenter.scribe.lease import ClaimLost, kept


async def test_it_is_renewed_while_the_work_lasts() -> None:
    renewed = asyncio.Event()

    async def renew() -> bool:
        renewed.set()
        return True

    async with kept(renew, 0.001, "c1"):
        await renewed.wait()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "lease c1"]


async def test_work_ends_when_the_claim_is_lost() -> None:
    async def renew() -> bool:
        return False

    with pytest.raises(ClaimLost):
        async with kept(renew, 0.001, "c1"):
            await asyncio.Event().wait()


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def renew() -> bool:
        return True

    async def work() -> None:
        async with kept(renew, 60.0, "c1"):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
