"""A12's commands: this call was a sales pitch; this caller does not want that agent.

What is said so is kept in the audit trail, from which it is known again after a restart (`returning.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.store.entries import Audited
from callcenter.store.ledger import utc_now
from callcenter.store.served import MARKED_SALES, REFUSED_AGENT
from callcenter.switchboard.board import Board
from callcenter.switchboard.commands import Asker, Command, text
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.steering import Steering


class Hotline:
    """Works on the calls that go on."""

    def __init__(self, board: Board, steering: Steering) -> None:
        self._board, self._steering = board, steering

    @property
    def commands(self) -> dict[str, Command]:
        return {"sales_call": Command(self.sales_call), "refuse_agent": Command(self.refuse_agent)}

    async def sales_call(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: the caller sells something: the agent has their turn back, and the next calls of
        that number use none."""
        live, desk = self._call(asker, args)
        given_back = self._board.distribution.was_sales(live.id)
        self._board.distribution.claims.mark_sales(desk, live.book.caller)
        self._keep(asker, MARKED_SALES, live, desk, "")
        return {"call_id": live.id, "turn_given_back": given_back}

    async def refuse_agent(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id", "agent"}`: the caller does not want this agent any more: their next calls go to
        others, as long as there are others."""
        live, desk = self._call(asker, args)
        agent = text(args, "agent", "the extension whom the caller does not want")
        if agent not in self._board.agents:
            raise CommandError(ErrorCode.INVALID, f"{agent} is no extension")
        self._board.distribution.claims.refuse(desk, live.book.caller, agent)
        self._keep(asker, REFUSED_AGENT, live, desk, agent)
        return {"call_id": live.id, "agent": agent}

    def _call(self, asker: Asker, args: dict[str, Any]) -> tuple[LiveCall, str]:
        live = self._steering.story(asker, args).live
        if live.book.desk is None or not live.book.caller:
            raise CommandError(ErrorCode.CONFLICT, "this is no caller of a desk's with a number")
        return live, live.book.desk

    def _keep(self, asker: Asker, action: str, live: LiveCall, desk: str, agent: str) -> None:
        detail = {"desk": desk, "caller": live.book.caller, "agent": agent}
        self._board.ledger.put(Audited(utc_now(), asker.by, asker.role, action, live.id, detail))
