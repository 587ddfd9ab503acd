"""Tells an agent's telephone that its owner was set aside, by a short text on its display (RFC 3428).

A call to say so would ring at somebody who has just shown that they are not there. The page shows it as well
(the event `changed` of the agent); a telephone that takes no texts says so, and that is all.
"""

from __future__ import annotations

import logging
from typing import Final

from callcenter.domain.agents import Agent, Miss, State
from callcenter.switchboard.board import Board
from sip.dialog import bare
from sip.message import URI, Address, Request, Response
from sip.moment import Moment
from sip.registrar import Binding
from sip.text_message import text_message

log = logging.getLogger(__name__)

_MISSED: Final = "您未接来电，已暂停为您派单。"
_READY: Final = "拨 {code} 恢复就绪。"
_MISSED_EN: Final = "You missed a call and get no more of the desk's."
_READY_EN: Final = "Dial {code} when you are ready."


def tell_set_aside(board: Board) -> None:
    """From here on whoever is set aside because they let a call ring out is told on their telephones."""

    def changed(agent: Agent, by: str) -> None:
        if (agent.state, agent.reason) == (State.SET_ASIDE, Miss.NO_ANSWER.value):
            for binding in board.accounts.bindings(agent.number, board.now().mono):
                _send(board, agent.number, binding)

    board.agents.on_change.append(changed)


def text_for(code: str) -> str:
    """What the display shows; `code` is the star code for ready, empty: there is none."""
    if not code:
        return f"{_MISSED}\n{_MISSED_EN}"
    return f"{_MISSED}{_READY.format(code=code)}\n{_MISSED_EN} {_READY_EN.format(code=code)}"


def _send(board: Board, number: str, binding: Binding) -> None:
    host, agent = board.agent.local.host, board.agent
    ourselves = bare(URI("sip", host, user=number))
    request = text_message(
        binding.contact,
        agent.wire.local_toward(binding.contact, binding.flow),
        text_for(board.settings.star_codes.ready),
        from_address=Address(URI("sip", host, user=board.settings.site)),
        to=Address(ourselves),
        route=binding.path,
    )
    hop = binding.path[0].uri if binding.path else binding.contact
    agent.send(request, hop, _Answer(number), flow=binding.flow)


class _Answer:
    """What the telephone says to it: nothing depends on that."""

    def __init__(self, number: str) -> None:
        self._number = number

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        log.info("agent told number=%s status=%d", self._number, response.code)

    def timed_out(self, request: Request, moment: Moment) -> None:
        log.info("agent not told number=%s reason=no answer", self._number)
