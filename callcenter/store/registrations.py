"""Phones' registrations, as values of our own: who, where, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert
from sqlmodel import Session, SQLModel, col, delete, select

from callcenter.store.tables import Registration

_TABLE = SQLModel.metadata.tables[Registration.__tablename__]
_INSERT = insert(_TABLE)
_FORGET = _TABLE.delete().where(
    _TABLE.c.node == bindparam("of"), _TABLE.c.user.in_(bindparam("users", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of a user, good until `expires_at` (UTC)."""

    user: str
    contact: str
    source: tuple[str, int]
    call_id: str
    cseq: int
    expires_at: datetime
    path: tuple[str, ...] = ()


def save_contacts(session: Session, node: str, phones: Mapping[str, Sequence[Contact]]) -> None:
    """Puts each user's contacts in place of what `node` knew of that user; none takes the user away."""
    if not phones:
        return
    connection = session.connection()
    connection.execute(_FORGET, {"of": node, "users": list(phones)})
    if rows := [_row(node, user, contact) for user, kept in phones.items() for contact in kept]:
        connection.execute(_INSERT, rows)


def _row(node: str, user: str, contact: Contact) -> dict[str, Any]:
    return {
        "node": node,
        "user": user,
        "contact": contact.contact,
        "source_host": contact.source[0],
        "source_port": contact.source[1],
        "path": list(contact.path),
        "call_id": contact.call_id,
        "cseq": contact.cseq,
        "expires_at": contact.expires_at,
    }


def load_contacts(session: Session, node: str, now: datetime) -> list[Contact]:
    """What `node` knew and is still good at `now`. What has expired is deleted."""
    session.exec(
        delete(Registration).where(col(Registration.node) == node, col(Registration.expires_at) <= now)
    )
    query = select(Registration).where(Registration.node == node).order_by(col(Registration.expires_at))
    return [
        Contact(
            row.user,
            row.contact,
            (row.source_host, row.source_port),
            row.call_id,
            row.cseq,
            row.expires_at,
            tuple(row.path),
        )
        for row in session.exec(query)
    ]
