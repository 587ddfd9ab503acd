"""The calls of an agent by their Call-ID, and for how long those that are over are remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from sip.aio.call import Call
from sip.transactions import T1

LINGER = 64 * T1
"""Seconds: a late 2xx or BYE may still come for a call that is over; so long the other side tries."""


class KnownCalls:
    """Calls in the order in which they came."""

    def __init__(self) -> None:
        self._calls: dict[str, list[Call]] = {}
        self._over: dict[Call, asyncio.TimerHandle] = {}

    def __iter__(self) -> Iterator[Call]:
        return iter([call for calls in self._calls.values() for call in calls])

    @property
    def over(self) -> int:
        """Calls that are over and not forgotten yet."""
        return len(self._over)

    def add(self, call: Call) -> None:
        self._calls.setdefault(call.call_id, []).append(call)

    def of(self, call_id: str) -> list[Call]:
        """The calls of a Call-ID: several where an INVITE comes round a loop, or a fork's branches."""
        return self._calls.get(call_id, [])

    def forget_later(self, call: Call) -> None:
        """The call is over; saying so again changes nothing."""
        if call in self.of(call.call_id) and call not in self._over:
            self._over[call] = asyncio.get_running_loop().call_later(LINGER, self._forget, call)

    def close(self) -> None:
        """Sets no timer any more."""
        for handle in self._over.values():
            handle.cancel()
        self._over.clear()

    def _forget(self, call: Call) -> None:
        self._over.pop(call, None)
        calls = self.of(call.call_id)
        if call in calls:
            calls.remove(call)
        if not calls:
            self._calls.pop(call.call_id, None)
