"""The information record of a call: filling it, and keeping every later change (REQUIREMENTS.md B1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from callcenter.domain.tickets import matter_kind
from callcenter.store.tables import Call, Record, RecordChange

FIELDS = ("household", "surname", "telephone", "matter", "kind")


class RecordError(ValueError):
    """The record may not be changed so; the message says what is missing."""


def get_record(session: Session, call_id: str) -> Record | None:
    return session.get(Record, call_id)


def record_changes(session: Session, call_id: str) -> list[RecordChange]:
    """Every correction, oldest first."""
    query = select(RecordChange).where(RecordChange.call_id == call_id).order_by(col(RecordChange.id))
    return list(session.exec(query))


def fill_record(
    session: Session,
    call_id: str,
    values: Mapping[str, str | None],
    *,
    by: str,
    now: datetime,
    reason: str = "",
) -> Record | None:
    """Writes `values` into the call's record; None where there is no such call.

    The first fill is the entry itself. Any change after it, and any change of a value already there (the
    caller's number from the signalling), is a visible correction; replacing a value needs a reason.
    Raises RecordError or TicketRuleError (unknown kind); nothing is written then. The caller commits.
    """
    if session.get(Call, call_id) is None:
        return None
    _check(values, by)
    record = session.get(Record, call_id)
    if record is None:  # the call lasts: its record is made now instead of at its end
        record = Record(call_id=call_id, created_at=now)
        session.add(record)
        session.flush()
    changed = {name: new for name, new in _clean(values).items() if new != getattr(record, name)}
    if not changed:
        return record
    _note_changes(session, record, changed, by=by, now=now, reason=reason.strip())
    for name, new in changed.items():
        setattr(record, name, new)
    if record.filled_at is None:
        record.filled_at, record.filled_by = now, by
    session.add(record)
    session.flush()
    return record


def _check(values: Mapping[str, str | None], by: str) -> None:
    if unknown := set(values) - set(FIELDS):
        raise RecordError(f"a record has no field {', '.join(sorted(unknown))}; it has {', '.join(FIELDS)}")
    if not by.strip():
        raise RecordError("say who fills the record (by)")
    if kind := (values.get("kind") or "").strip():
        matter_kind(kind)


def _clean(values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: (value or "").strip() or None for name, value in values.items()}


def _note_changes(
    session: Session,
    record: Record,
    changed: Mapping[str, str | None],
    *,
    by: str,
    now: datetime,
    reason: str,
) -> None:
    replaced = [name for name in changed if getattr(record, name) is not None]
    if replaced and not reason:
        raise RecordError(f"say why {', '.join(replaced)} is changed (reason)")
    for name, new in changed.items():
        if name in replaced or record.filled_at is not None:
            change = RecordChange(
                call_id=record.call_id,
                field=name,
                old=getattr(record, name),
                new=new,
                by=by,
                reason=reason,
                at=now,
            )
            session.add(change)
