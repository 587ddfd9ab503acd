"""Which of several addresses to try first: what failed lately comes last. `now` is monotonic seconds."""

from __future__ import annotations

from typing import Final

from sip.hop import Hop
from sip.transactions import Address

DEAD_SECONDS: Final = 60.0
"""How long an address that failed is tried only after all others."""
MAX_REMEMBERED: Final = 1000
LARGE: Final = 1300
"""Bytes: a larger request goes by TCP, as the path's MTU is unknown (RFC 3261 section 18.1.1)."""


class Reachability:
    """Remembers addresses that did not answer."""

    def __init__(self) -> None:
        self._dead: dict[Address, float] = {}

    def failed(self, target: Address, now: float) -> None:
        """Nothing came back from `target`: no connection, no answer, or a 503 (RFC 3263 section 4.3)."""
        self._dead.pop(target, None)
        self._dead[target] = now + DEAD_SECONDS
        while len(self._dead) > MAX_REMEMBERED:
            del self._dead[next(iter(self._dead))]

    def answered(self, target: Address) -> None:
        self._dead.pop(target, None)

    def is_dead(self, target: Address, now: float) -> bool:
        return self._dead.get(target, now) > now

    def ordered(self, targets: list[Address], now: float) -> list[Address]:
        """The same addresses, those that failed lately last; otherwise in their order."""
        return sorted(targets, key=lambda target: self.is_dead(target, now))


def widened(targets: list[Address], size: int) -> list[Address]:
    """For a request of `size` bytes: where it is too large for UDP, TCP to the same place comes first.

    UDP stays as the way back for a peer without TCP (RFC 3261 section 18.1.1).
    """
    if size <= LARGE:
        return targets
    wide: list[Address] = []
    for target in targets:
        if not isinstance(target, Hop):
            wide.append(Hop(target[0], target[1], "TCP"))
        wide.append(target)
    return wide
