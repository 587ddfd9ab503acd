"""How much listening to calls under way the workers can carry: it gives way to calls that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of sound: with more waiting in a recording no further one is followed (`full`), and with more
    than `lost` it is followed no longer. `calls` are ended calls waiting, for each worker, beyond which
    nothing new is followed."""

    full: float = 5.0
    lost: float = 20.0
    calls: int = 2


LIMITS = Limits()


def may_begin(waiting: Mapping[str, float], ended: int, workers: int, limits: Limits = LIMITS) -> bool:
    """Whether one more recording can be followed. `waiting` are the seconds unread of those that are, `ended`
    the ended calls that wait for the workers."""
    return ended <= limits.calls * workers and all(each <= limits.full for each in waiting.values())


def gives_way(waiting: Mapping[str, float], limits: Limits = LIMITS) -> str | None:
    """The recording that is read afterwards instead: of those too far behind the one begun last (`waiting`
    is in the order in which they began); None: the workers keep up."""
    behind = [id for id, seconds in waiting.items() if seconds > limits.lost]
    return behind[-1] if behind else None
