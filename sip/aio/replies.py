"""Who waits for the answers to our re-INVITEs and UPDATEs."""

from __future__ import annotations

import asyncio
from collections import deque

from sip.effects import Change, Changed
from sip.errors import OfferRefused
from sip.sdp import Description


class Replies:
    """The waits of one call, in the order in which the requests were asked for: so they are answered too."""

    def __init__(self) -> None:
        self._waits: deque[tuple[Change, asyncio.Future[Description]]] = deque()

    def expect(self, change: Change) -> asyncio.Future[Description]:
        """A future for the answer to an offer of ours; OfferRefused if it is refused."""
        future: asyncio.Future[Description] = asyncio.get_running_loop().create_future()
        self._waits.append((change, future))
        return future

    def settle(self, changed: Changed) -> None:
        """An answer came. Those to the session timer's own refreshes nobody waits for."""
        if not self._waits or self._waits[0][0] is not changed.change:
            return
        _, future = self._waits.popleft()
        if future.done():
            pass  # whoever waited was cancelled
        elif changed.code < 300 and changed.description is not None:
            future.set_result(changed.description)
        else:
            future.set_exception(OfferRefused(changed.code, changed.phrase))

    def fail(self, why: Exception) -> None:
        """The call is over: nothing more is answered."""
        while self._waits:
            _, future = self._waits.popleft()
            if not future.done():
                future.set_exception(why)
