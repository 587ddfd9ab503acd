"""Steps for a caller whom nobody takes: a callback, a message."""

from __future__ import annotations

from datetime import datetime

from callcenter.domain.callbacks import can_be_called
from callcenter.domain.calls import Outcome, WaitKind
from callcenter.flows.schema import Callback
from callcenter.flows.schema import Message as MessageStep
from callcenter.store.entries import CallbackWanted
from callcenter.switchboard.distribution import Place
from callcenter.switchboard.mailbox import leave_message
from callcenter.switchboard.walk import Result, Walker, handles


@handles(Callback)
async def callback(walker: Walker, step: Callback) -> Result:
    """Notes that the caller is to be called back; who waited in the queue keeps their place in it."""
    live, now = walker.live, walker.board.now()
    number, place = live.book.caller, walker.kept
    walker.kept = None
    if not can_be_called(number):
        if place is not None:
            place.leave()
        return step.no_number
    entry = CallbackWanted(live.id, number, walker.desk.id, now.utc, place=_queued_at(walker))
    live.tell(None, now)  # the call is on record before its callback
    walker.board.ledger.put(entry)
    if place is not None:
        _keep(walker, place)
    walker.passed("callback", number)
    walker.done(Outcome.CALLBACK)
    await walker.take(WaitKind.PROMPT)
    await walker.say(step.prompt)
    return step.next


def _keep(walker: Walker, place: Place) -> None:
    if walker.board.kept is None:
        place.leave()
    else:
        walker.board.kept.keep(walker.story, place)


def _queued_at(walker: Walker) -> datetime | None:
    """When the caller joined the queue, if they did."""
    waits = walker.live.book.facts.waits
    return next((wait.started_at for wait in waits if wait.kind is WaitKind.QUEUE), None)


@handles(MessageStep)
async def message(walker: Walker, step: MessageStep) -> Result:
    """What the caller says after the tone is recorded, also where they hang up then."""
    await walker.take(WaitKind.MESSAGE)
    if await leave_message(walker.story, walker.desk.id, step.prompt, step.longest):
        walker.done(Outcome.MESSAGE)
    return step.next
