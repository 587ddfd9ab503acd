"""In which order the tests run, so that those that wait run beside those that reckon.

Each of pytest-xdist's workers begins with an equal stretch of the list, and takes from the end of another's
when its own is done. As they are collected, all the telephones and browsers (which mostly wait) would be in
the first stretch, and alone at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import TypeVar

T = TypeVar("T")

WAITING = ("tests/acceptance/", "tests/interop/", "tests/soak/")
"""Folders of tests that mostly wait."""


def deal(tests: Sequence[T], hands: int, name: Callable[[T], str]) -> list[T]:
    """The same tests in an order whose `hands` equal stretches each have a share of those that wait: one
    begins with it, the next has it in its middle, so that not all telephones ring together.

    `name` gives a test's node id; the tests of a module stay together, and in their order, where they wait.
    """
    waiting = [test for test in tests if name(test).startswith(WAITING)]
    reckoning = iter([test for test in tests if not name(test).startswith(WAITING)])
    shares: list[list[T]] = [[] for _ in range(hands)]
    for _, module in groupby(waiting, key=lambda test: name(test).partition("::")[0]):
        min(shares, key=len).extend(module)
    lengths = [(len(tests) * (hand + 1)) // hands - (len(tests) * hand) // hands for hand in range(hands)]
    for hand, (share, length) in enumerate(zip(shares, lengths, strict=True)):
        others = max(0, length - len(share))
        share[:0] = islice(reckoning, others // 2 if hand % 2 else 0)
        share += islice(reckoning, max(0, length - len(share)))
    return [test for share in shares for test in share] + list(reckoning)
