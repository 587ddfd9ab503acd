"""The queue: who is before whom, and how long it will take. Pure; instants are monotonic seconds.

**Order.** A place counts as entered `HEAD_START` seconds earlier for each step of its priority. So a caller
of a higher priority goes first, but nobody waits for ever behind those who come later: a place is overtaken
only by what enters within that time. The order of two places never changes.

**Estimate.** While callers wait, agents take one after another, every *m* seconds on average: that is
measured, not derived from a model of arrivals and handling times. What is kept is *m* times the number of
agents there are, the work that a call is (a moving average, `WEIGHT` for the newest): so an estimate is
right again at once when agents come or go. Only who had to wait counts; while agents are free the line
says nothing of its pace. Who has *k* callers before them waits until k + 1 have been taken, of which the
time since the newest has passed already: (k + 1)·m - min(passed, m). It is never negative, grows with *k*,
falls while time passes, and does not grow when the line moves on at its pace or faster: the gap g that has
ended then was at most m, so the new average m' is at most m, and k·m' ≤ (k + 1)·m - g. When the line moves
slower than before the estimate grows: that is the truth. Until something was measured, a call is taken to
be `HANDLING` seconds of work.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

HEAD_START: Final = 600.0
"""Seconds by which each step of priority puts a place forward."""
WEIGHT: Final = 0.2
LONGEST: Final = 7200.0
"""No estimate is longer, in seconds."""
LEAST_WORK: Final = 1.0
MOST_WORK: Final = 3600.0
HANDLING: Final = 180.0
"""Seconds that a call is expected to take its agent before anything was measured."""


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    at: float
    number: int


@dataclass(frozen=True, slots=True)
class InLine:
    """A place. `entered` is monotonic; `virtual`: the caller has hung up and is to be called when it is
    their turn."""

    id: str
    entered: float
    priority: int = 0
    virtual: bool = False


class Line:
    """Places in their order. `work` is what a call is thought to take its agent, in seconds."""

    def __init__(self, work: float = HANDLING) -> None:
        self._keys: list[_Key] = []
        self._places: dict[str, tuple[_Key, InLine]] = {}
        self._ids: dict[_Key, str] = {}
        self._numbers = 0
        self._waited: set[str] = set()
        self._work = _bounded(work)
        self._moved: float | None = None
        """When a caller who had waited was taken last, or the first began to wait."""
        self.agents = 1
        """How many serve this line: at least one is reckoned with."""

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[InLine]:
        """The places, first to last."""
        return iter([self._places[self._ids[key]][1] for key in self._keys])

    def __contains__(self, id: str) -> bool:
        return id in self._places

    @property
    def pace(self) -> float:
        """Seconds between two callers taken."""
        return self._work / max(1, self.agents)

    def enter(self, id: str, now: float, priority: int = 0, *, virtual: bool = False) -> InLine:
        """A caller joins the line. Raises ValueError if they are in it."""
        if id in self._places:
            raise ValueError(f"{id} is in the line already")
        self._numbers += 1
        key = _Key(now - priority * HEAD_START, self._numbers)
        place = InLine(id, now, priority, virtual)
        insort(self._keys, key)
        self._places[id], self._ids[key] = (key, place), id
        return place

    def keep(self, id: str) -> None:
        """The caller hangs up and keeps the place, to be called. Raises KeyError for who is not in line."""
        key, place = self._places[id]
        self._places[id] = (key, replace(place, virtual=True))

    def waits(self, id: str, now: float) -> None:
        """Nobody was free for this caller: from now on it is measured how the line moves."""
        self._waited.add(id)
        if self._moved is None:
            self._moved = now

    def leave(self, id: str) -> None:
        """The caller gives up. Raises KeyError for who is not in line."""
        key, _ = self._places.pop(id)
        del self._keys[bisect_left(self._keys, key)]
        del self._ids[key]
        self._waited.discard(id)
        if not self._waited:
            self._moved = None

    def taken(self, id: str, now: float) -> None:
        """An agent takes the caller. Raises KeyError for who is not in line."""
        if id not in self._places:
            raise KeyError(id)
        if self._moved is not None and id in self._waited:
            gap = max(0.0, now - self._moved)
            self._work = _bounded(self._work + WEIGHT * (gap * max(1, self.agents) - self._work))
            self._moved = now
        self.leave(id)

    def position(self, id: str) -> int:
        """How many are before them: 0 for who is next. Raises KeyError for who is not in line."""
        return bisect_left(self._keys, self._places[id][0])

    def estimate(self, id: str, now: float) -> float:
        """Seconds until their turn, see above. Raises KeyError for who is not in line."""
        passed = 0.0 if self._moved is None else max(0.0, now - self._moved)
        ahead = self.position(id)
        return min(LONGEST, (ahead + 1) * self.pace - min(passed, self.pace))


def _bounded(work: float) -> float:
    return min(max(work, LEAST_WORK), MOST_WORK)
