"""Whatever people do with their phones, in whatever order: no leg without a call, no port in use that nobody
uses, no call without an outcome; at every moment, after a restart, and after a kill at any moment.

`SEQUENCES=200 LENGTH=100 pytest tests/unit/switchboard/test_any_sequence.py` plays more and longer ones; a
sequence that failed is played again by `SEQUENCE_SEED`.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.unit.switchboard.town import Town, settings_of

SEQUENCES = int(os.environ.get("SEQUENCES", "3"))
LENGTH = int(os.environ.get("LENGTH", "60"))
FIRST = int(os.environ.get("SEQUENCE_SEED", "20261122"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEQUENCES))
async def test_any_sequence(seed: int, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", ("keep", "set_aside")[seed % 2])
    for life in range(2):  # the second time the switchboard finds what the first has written
        async with Town.at_work(seed * 2 + life, tmp_path, settings) as town:
            try:
                for _ in range(LENGTH // 2):
                    await town.deed()
                    await asyncio.sleep(town.random.choice((0.0, 0.0, 0.01, 0.05)))
                    assert not (wrong := await town.faults()), wrong
                if town.random.random() < 0.5:
                    await town.everybody_hangs_up()
                else:
                    await town.here.reception.close()
                await town.at_rest()
            except Exception as error:
                error.add_note("\n".join(["what was done:", *town.told]))
                raise
