"""A switchboard with phones, for the tests of its parts."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from sip.aio.ports import PortPool
from tests.board import TRUNK, Phone, Switchboard, settings_for, switchboard

EVERYWHERE = {"test_story", "test_refer", "test_walk", "test_speaking", "test_routing", "test_leg"}
"""Those that other Pythons run too; they cover what the others are made of."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.stem not in EVERYWHERE:
            item.add_marker(pytest.mark.once)


MakePhone = Callable[..., Coroutine[Any, Any, Phone]]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    async with switchboard(settings_for(tmp_path), brief=True) as running:
        yield running


@pytest.fixture
async def make_phone(desk: Switchboard) -> AsyncIterator[MakePhone]:
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    async with contextlib.AsyncExitStack() as stack:

        async def make(number: str, hertz: float = 440.0, *, register: bool = True) -> Phone:
            phone = Phone(number, hertz, pool)
            await phone.start(desk.address, register=register)
            stack.push_async_callback(phone.stop)
            return phone

        yield make


@pytest.fixture
async def caller(make_phone: MakePhone) -> Phone:
    """Somebody outside, on the trunk; hums 440 Hz."""
    return await make_phone(TRUNK, 440.0, register=False)
