"""Callbacks: made and settled by calls, claimed under a lease, finished by people.

What changes one returns rows for the outbox, to be added in the same transaction. Of a number and a desk
there is one unfinished callback at most (a unique index says so): the next missed call is taken in by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from callcenter.domain.callbacks import (
    DUE,
    LEASE,
    OUTCOMES,
    REACHED,
    UNFINISHED,
    CallbackError,
    Reason,
    SomeCall,
    State,
    can_be_called,
    move,
    reason_for,
    settled_by,
    weightier,
)
from callcenter.domain.calls import Direction
from callcenter.domain.subjects import CallbackEvent
from callcenter.store import outbox
from callcenter.store.entries import CallbackWanted
from callcenter.store.tables import Call, Callback
from callcenter.store.tickets import NotFoundError

Rows = list[dict[str, Any]]

_TABLE = SQLModel.metadata.tables["callbacks"]
_LINKS = SQLModel.metadata.tables["callback_calls"]
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_IS_UNFINISHED = _TABLE.c.state.in_([state.value for state in UNFINISHED])


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells of a change, and where: the role that publishes it, and the site."""

    role: str
    site: str

    def row(self, event: CallbackEvent, callback: Callback, now: datetime) -> dict[str, Any]:
        told = {"callback": summary(callback)}
        return outbox.subject_row(
            role=self.role, site=self.site, event=event, subject=str(callback.id), data=told, now=now
        )


def summary(callback: Callback) -> dict[str, Any]:
    """What events and the API tell of a callback."""
    return callback.model_dump()


# -- by calls ---------------------------------------------------------------------------------------------


def want(session: Session, wanted: CallbackWanted, teller: Teller) -> Rows:
    """A callback for the caller, or the unfinished one of that number and desk takes this call in.

    Nothing where the number cannot be dialled. Saying the same twice changes nothing.
    """
    number = wanted.number
    if not can_be_called(number):
        return []
    made_at, due_at = wanted.place or wanted.at, wanted.due_at or wanted.at + DUE
    fresh = {
        "number": number,
        "desk": wanted.desk,
        "reason": wanted.reason.value,
        "state": State.OPEN.value,
        "created_at": made_at,
        "due_at": due_at,
        "attempts": 0,
        "note": wanted.note,
    }
    _insert_if_absent(session, _TABLE, fresh, index=["number", "desk"], where=_IS_UNFINISHED)
    found = select(Callback).where(_IS_UNFINISHED, _TABLE.c.number == number, _TABLE.c.desk == wanted.desk)
    callback = session.scalars(found.execution_options(populate_existing=True)).one()
    if not _link(session, callback, wanted.call_id):
        return []
    callback.reason = weightier(Reason(callback.reason), wanted.reason).value
    callback.created_at = min(callback.created_at, made_at)
    callback.due_at = min(callback.due_at, due_at)
    session.flush()
    return [teller.row(CallbackEvent.WANTED, callback, wanted.at)]


def settle(session: Session, call: SomeCall, teller: Teller) -> Rows:
    """What an answered call means: the callbacks of its number that were there before it are done."""
    settled = settled_by(call)
    if settled is None or call.answered_at is None:
        return []
    number, outcome = settled
    return [
        _finish(session, each, State.DONE, outcome, call.answered_at, teller)
        for each in _unfinished(session, number)
        if each.created_at <= call.answered_at and _note_settled(session, each, call, outcome)
    ]


def _note_settled(session: Session, callback: Callback, call: SomeCall, outcome: str) -> bool:
    """False where this call was entered before."""
    if not _link(session, callback, call.id):
        return False
    if outcome == REACHED:
        callback.attempts += 1
        callback.claimed_by = callback.claimed_by or call.caller
    return True


def follow(session: Session, call: SomeCall, teller: Teller) -> Rows:
    """What an ended call means: its caller is to be called back, or we called back and reached nobody."""
    at = call.ended_at or call.started_at
    if reason := reason_for(call):
        return want(session, CallbackWanted(call.id, call.caller, call.desk or "", at, reason), teller)
    if call.direction != Direction.OUTBOUND or call.answered_at is not None:
        return []
    tried = [each for each in _unfinished(session, call.callee) if _link(session, each, call.id)]
    return [row for each in tried for row in _missed_again(session, each, call.caller, at, teller)]


def _missed_again(session: Session, callback: Callback, by: str, at: datetime, teller: Teller) -> Rows:
    """We called and nobody was reached: the next agent may try."""
    callback.attempts += 1
    session.flush()
    if callback.state != State.CLAIMED or callback.claimed_by != by:
        return []
    return [_release(session, callback, at, teller)]


def _unfinished(session: Session, number: str) -> Sequence[Callback]:
    found = select(Callback).where(_IS_UNFINISHED, _TABLE.c.number == number).order_by(_TABLE.c.id)
    return session.scalars(found.execution_options(populate_existing=True)).all()


# -- by people --------------------------------------------------------------------------------------------


def claim(
    session: Session, id: int, by: str, now: datetime, teller: Teller, lease: timedelta = LEASE
) -> tuple[Callback, Rows]:
    """Takes the callback until `now + lease`; its holder's own claim is renewed.

    Raises NotFoundError; CallbackError where it is finished or another agent's.
    """
    callback = get(session, id)
    if State(callback.state) not in UNFINISHED:
        raise CallbackError(f"callback {id} is {callback.state} already; take another one")
    values = {"state": State.CLAIMED.value, "claimed_by": by, "claimed_at": now, "lease_until": now + lease}
    change = update(Callback).where(col(Callback.id) == id, _free_for(by, now)).values(**values)
    if session.connection().execute(change).rowcount != 1:
        session.refresh(callback)
        raise CallbackError(f"callback {id} is with {callback.claimed_by} now; take another one, or wait")
    session.refresh(callback)
    return callback, [teller.row(CallbackEvent.CLAIMED, callback, now)]


def release(session: Session, id: int, by: str, now: datetime, teller: Teller) -> tuple[Callback, Rows]:
    """Gives the claim back: the next may take it. Raises NotFoundError, CallbackError."""
    callback = _mine(session, id, by, now)
    move(State(callback.state), State.OPEN)
    return callback, [_release(session, callback, now, teller)]


def finish(
    session: Session, id: int, by: str, outcome: str, note: str, now: datetime, teller: Teller
) -> tuple[Callback, Rows]:
    """What came of it: `settled`, … are the end; `no_answer` and `busy` leave it open for the next attempt.

    Raises NotFoundError, CallbackError (finished, another's, or no such outcome).
    """
    if outcome not in OUTCOMES:
        raise CallbackError(f"{outcome!r} is no outcome of a callback; write one of {', '.join(OUTCOMES)}")
    callback = _mine(session, id, by, now)
    callback.claimed_by = by
    callback.note = note.strip() or callback.note
    if outcome in ("no_answer", "busy"):
        callback.outcome = outcome
        return callback, [_release(session, callback, now, teller)]
    return callback, [_finish(session, callback, State.DONE, outcome, now, teller)]


def give_up(
    session: Session, id: int, by: str, note: str, now: datetime, teller: Teller
) -> tuple[Callback, Rows]:
    """Nobody will call back, and `note` says why. Raises NotFoundError, CallbackError."""
    if not note.strip():
        raise CallbackError("say why nobody calls back (note)")
    callback = _mine(session, id, by, now)
    callback.claimed_by, callback.note = by, note.strip()
    return callback, [_finish(session, callback, State.GIVEN_UP, callback.outcome, now, teller)]


def asked_by(session: Session, call_id: str) -> Callback | None:
    """The unfinished callback that this call is about."""
    links = select(_LINKS.c.callback_id).where(_LINKS.c.call_id == call_id)
    return session.scalars(select(Callback).where(_IS_UNFINISHED, _TABLE.c.id.in_(links))).first()


def get(session: Session, id: int) -> Callback:
    """Raises NotFoundError."""
    callback = session.get(Callback, id, populate_existing=True)
    if callback is None:
        raise NotFoundError(f"there is no callback {id}")
    return callback


# -- reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallbackPage:
    """`calls` are those about each callback on the page, by its id, oldest first."""

    items: list[Callback]
    total: int
    calls: dict[int, list[Call]]


def list_callbacks(
    session: Session, *, state: str = "unfinished", desk: str = "", page: int = 1, size: int = 50
) -> CallbackPage:
    """Unfinished ones in the order in which to call: asked for before missed, then by their place.

    Any other `state` ("" for all) lists the newest first.
    """
    query = select(Callback)
    if state == "unfinished":
        query = query.where(_IS_UNFINISHED)
    elif state:
        query = query.where(_TABLE.c.state == state)
    if desk:
        query = query.where(_TABLE.c.desk == desk)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    asked_for = case((_TABLE.c.reason.in_([Reason.REQUESTED.value, Reason.MESSAGE.value]), 0), else_=1)
    order = (asked_for, _TABLE.c.created_at, _TABLE.c.id) if state == "unfinished" else (_TABLE.c.id.desc(),)
    items = session.scalars(query.order_by(*order).offset((page - 1) * size).limit(size)).all()
    return CallbackPage(list(items), total, calls_of(session, [each.id for each in items if each.id]))


def calls_of(session: Session, ids: Sequence[int]) -> dict[int, list[Call]]:
    """The calls about each of these callbacks, oldest first."""
    found: dict[int, list[Call]] = {id: [] for id in ids}
    query = (
        select(_LINKS.c.callback_id, Call)
        .join(Call, col(Call.id) == _LINKS.c.call_id)
        .where(_LINKS.c.callback_id.in_(ids))
        .order_by(col(Call.started_at))
    )
    for id, call in session.execute(query):
        found[id].append(call)
    return found


# -- the steps --------------------------------------------------------------------------------------------


def _mine(session: Session, id: int, by: str, now: datetime) -> Callback:
    """The unfinished callback, unless another agent's claim on it still holds."""
    callback = get(session, id)
    if State(callback.state) not in UNFINISHED:
        raise CallbackError(f"callback {id} is {callback.state} already")
    held = callback.state == State.CLAIMED and callback.claimed_by != by
    if held and callback.lease_until is not None and callback.lease_until > now:
        raise CallbackError(f"callback {id} is with {callback.claimed_by} now; let them finish it")
    return callback


def _free_for(by: str, now: datetime) -> ColumnElement[bool]:
    over = or_(_TABLE.c.lease_until.is_(None), _TABLE.c.lease_until <= now, _TABLE.c.claimed_by == by)
    return or_(_TABLE.c.state == State.OPEN.value, and_(_TABLE.c.state == State.CLAIMED.value, over))


def _release(session: Session, callback: Callback, now: datetime, teller: Teller) -> dict[str, Any]:
    callback.state = State.OPEN.value
    callback.claimed_by = callback.claimed_at = callback.lease_until = None
    session.flush()
    return teller.row(CallbackEvent.RELEASED, callback, now)


def _finish(
    session: Session, callback: Callback, state: State, outcome: str | None, now: datetime, teller: Teller
) -> dict[str, Any]:
    callback.state = move(State(callback.state), state).value
    callback.outcome, callback.done_at, callback.lease_until = outcome, now, None
    session.flush()
    event = CallbackEvent.DONE if state is State.DONE else CallbackEvent.GIVEN_UP
    return teller.row(event, callback, now)


def _link(session: Session, callback: Callback, call_id: str) -> bool:
    """Links the call to the callback; False where it was linked before."""
    row = {"callback_id": callback.id, "call_id": call_id}
    return _insert_if_absent(session, _LINKS, row)


def _insert_if_absent(
    session: Session, table: Any, row: dict[str, Any], *, index: Sequence[str] = (), where: Any = None
) -> bool:
    connection = session.connection()
    statement = _INSERT[connection.dialect.name](table).values(**row)
    target = {"index_elements": list(index), "index_where": where} if index else {}
    added = statement.on_conflict_do_nothing(**target).returning(next(iter(table.c)))
    return connection.execute(added).first() is not None
