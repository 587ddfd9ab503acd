"""Claims of callbacks, which must be had before anybody is rung: then nobody is called twice.

The database decides, since pages claim as well. It is asked in a thread: the event loop never waits for it.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import Engine

from callcenter.domain.callbacks import CallbackError, State
from callcenter.store import callbacks, outbox
from callcenter.store.engine import session
from callcenter.store.ledger import ROLE, utc_now
from callcenter.store.tables import Callback


class Claiming:
    """`site` is where the changes are told."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine, self._teller = engine, callbacks.Teller(ROLE, site)

    async def claim(self, id: int, by: str) -> Callback:
        """Raises NotFoundError; CallbackError where it is finished or another agent's."""
        return await asyncio.to_thread(self._claim, id, by)

    async def claim_for(self, call_id: str, by: str) -> Callback | None:
        """The callback that a call asked for; None where somebody else has it, or it is settled."""
        return await asyncio.to_thread(self._claim_for, call_id, by)

    async def release(self, id: int, by: str) -> None:
        """Gives back what `by` has claimed; nothing where they have it no more."""
        await asyncio.to_thread(self._release, id, by)

    def _claim(self, id: int, by: str) -> Callback:
        with session(self._engine) as work:
            claimed, rows = callbacks.claim(work, id, by, utc_now(), self._teller)
            outbox.add_rows(work, rows)
            return claimed

    def _claim_for(self, call_id: str, by: str) -> Callback | None:
        with session(self._engine) as work:
            found = callbacks.asked_by(work, call_id)
            if found is None or found.id is None or found.state != State.OPEN:
                return None
            id = found.id
        try:
            return self._claim(id, by)
        except CallbackError:  # a page was quicker, in this very moment
            return None

    def _release(self, id: int, by: str) -> None:
        with session(self._engine) as work:
            found = callbacks.get(work, id)
            if (found.state, found.claimed_by) == (State.CLAIMED, by):
                _, rows = callbacks.release(work, id, by, utc_now(), self._teller)
                outbox.add_rows(work, rows)
