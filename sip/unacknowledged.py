"""A 2xx of ours that is repeated until its ACK comes (RFC 3261 section 13.3.1.4)."""

from __future__ import annotations

from sip.effects import Respond
from sip.transactions import T1, T2, Transaction


class Unacknowledged:
    """`offered`: the INVITE had no offer, so ours is in the 2xx and its answer in the ACK."""

    def __init__(self, effect: Respond, now: float) -> None:
        self.effect = effect
        self.offered = not effect.transaction.request.body
        self._give_up = now + 64 * T1
        self._again = now + T1
        self._interval = T1

    @property
    def transaction(self) -> Transaction:
        return self.effect.transaction

    @property
    def deadline(self) -> float:
        """When `repeat` is wanted next, in monotonic seconds."""
        return min(self._again, self._give_up)

    def repeat(self, now: float) -> bool:
        """Call it when due. Whether to send the 2xx again; False: the time is up, no ACK came."""
        if now >= self._give_up:
            return False
        self._interval = min(self._interval * 2, T2)
        self._again += self._interval
        return True
