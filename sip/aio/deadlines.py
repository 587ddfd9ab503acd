"""Who wants a tick, and when: a heap, so that a thousand quiet calls cost a datagram nothing."""

from __future__ import annotations

import heapq
import itertools
from typing import Final, Generic, TypeVar

T = TypeVar("T")

SLACK: Final = 64
"""Entries that may be out of date before the heap is made anew."""


class Deadlines(Generic[T]):
    """One deadline each, in monotonic seconds. Entries that were replaced are dropped when they come up."""

    def __init__(self) -> None:
        self._wanted: dict[T, float] = {}
        self._heap: list[tuple[float, int, T]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._wanted)

    def set(self, who: T, when: float | None) -> None:
        """Replaces the deadline that `who` had; None takes it away."""
        if when is None:
            self._wanted.pop(who, None)
        elif self._wanted.get(who) != when:
            self._wanted[who] = when
            heapq.heappush(self._heap, (when, next(self._order), who))
        if len(self._heap) > 2 * len(self._wanted) + SLACK:
            self._rebuild()  # what is over must not be kept for the half hour that a timer had left

    @property
    def next(self) -> float | None:
        """The earliest deadline."""
        self._skip()
        return self._heap[0][0] if self._heap else None

    def pop(self, now: float) -> T | None:
        """Takes out the one whose time came first; None while nobody's has."""
        if (when := self.next) is None or when > now:
            return None
        who = heapq.heappop(self._heap)[2]
        del self._wanted[who]
        return who

    def _rebuild(self) -> None:
        self._heap = [(when, next(self._order), who) for who, when in self._wanted.items()]
        heapq.heapify(self._heap)

    def _skip(self) -> None:
        while self._heap and self._wanted.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
