"""How long a hold and a call may last before somebody is warned: what the desk's flow says (A6, A11)."""

from __future__ import annotations

from callcenter.domain.book import CallBook
from callcenter.domain.calls import Line
from callcenter.flows import Flow
from callcenter.switchboard.board import Board
from callcenter.switchboard.warnings import HoldLimits, Limits


def limits_for(board: Board, book: CallBook) -> Limits:
    """Those of the call's desk; of a call without one, those of the first desk whose agent is in it, since it
    is that agent's line. A call between two who are no agents has nobody to keep waiting."""
    desk = book.desk
    if desk is None:
        parties = {book.caller, book.callee}
        desk = next((each.id for each in board.settings.desks if parties & set(each.agents)), None)
    return limits_of(board.flows.of(desk), book.line) if desk is not None else Limits()


def limits_of(flow: Flow, line: Line) -> Limits:
    """What a flow says of calls from or to the outside, or between extensions."""
    talk = flow.talk.private_call if line is Line.INTERNAL else flow.talk.long_call
    return Limits(HoldLimits(flow.hold.warn_agent, flow.hold.warn_supervisor), talk)
