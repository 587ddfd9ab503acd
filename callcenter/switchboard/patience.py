"""How long a hold and a call may last before somebody is warned: what the desk's flow says (A6, A11)."""

from __future__ import annotations

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Line
from callcenter.flows import Flow
from callcenter.switchboard.board import Board
from callcenter.switchboard.warnings import HoldLimits, Limits


def limits_for(board: Board, book: CallBook) -> Limits:
    """Those of a call that no flow leads: of the first desk whose agent is in it, since it is their line.
    Between two who are no agents a long hold is warned of, and a long call is not."""
    parties = {book.caller, book.callee}
    flows = (board.flows.of(desk.id) for desk in board.settings.desks)
    flow = next((flow for flow in flows if parties & flow.agents), None)
    return Limits() if flow is None else limits_of(flow, book.line)


def limits_of(flow: Flow, line: Line) -> Limits:
    """What a flow says of calls from or to the outside, or between extensions."""
    return Limits(HoldLimits(flow.hold.warn_agent, flow.hold.warn_supervisor), flow.talk.longest(line))
