"""A short soak: every kind of call at least once, then everything as it was. `make soak` is the long one.

Nearly all of its time is waiting: transactions and dialogs are kept for 64·T1 = 32 s (RFC 3261 section 17).
"""

from __future__ import annotations

from pathlib import Path

from tests.soak.run import soak

SEED = 20261122


async def test_after_random_calls_everything_is_as_it_was(tmp_path: Path) -> None:
    said: list[str] = []
    faults = await soak(tmp_path, SEED, seconds=15.0, lanes=8, say=said.append)
    assert not faults, "\n".join([*said, *faults])
