"""Keeping what the switchboard puts besides calls, each entry with the event that tells of it."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from callcenter.domain.agents import AT_REST
from callcenter.domain.subjects import AgentEvent, DeskEvent, SubjectEvent
from callcenter.store import outbox
from callcenter.store.callbacks import Rows, Teller, want
from callcenter.store.entries import (
    AgentChanged,
    Audited,
    CallbackWanted,
    FeatureSet,
    MessageLeft,
    SurveyAnswered,
    WorkEntry,
)
from callcenter.store.tables import AgentState, Audit, Call, ExtensionFeature

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def keep(session: Session, entry: WorkEntry, teller: Teller, node: str) -> Rows:
    """Writes the entry; returns the rows for the outbox that tell of it."""
    match entry:
        case AgentChanged():
            session.execute(insert(AgentState), {**_values(entry), "node": node})
            return [_told(teller, AgentEvent.CHANGED, entry.agent, "agent", entry)]
        case CallbackWanted():
            return want(session, entry, teller)
        case MessageLeft():
            _keep_once(session, "messages", "call_id", _values(entry))
            desk = _desk_of(session, entry.call_id) or entry.mailbox
            return [_told(teller, DeskEvent.MESSAGE, desk, "message", entry)]
        case SurveyAnswered():
            _keep_once(session, "surveys", "call_id", _values(entry))
            return [_told(teller, DeskEvent.SURVEY, entry.desk, "survey", entry)] if entry.desk else []
        case Audited():
            session.execute(insert(Audit), {**_values(entry), "detail": dict(entry.detail)})
            return []
        case FeatureSet():
            values = _values(entry)
            del values["at"]
            _keep_once(session, "extension_features", "extension", values)
            return [_told(teller, AgentEvent.FEATURE, entry.extension, "feature", entry)]


def features(session: Session) -> dict[str, ExtensionFeature]:
    """What every extension has set, by its number."""
    return {row.extension: row for row in session.scalars(select(ExtensionFeature))}


def newest_states(session: Session, node: str) -> dict[str, AgentState]:
    """Where each agent rested last, by number, as `node` put it: a call they were at ends with a restart."""
    rested = col(AgentState.state).in_([state.value for state in AT_REST])
    newest = (
        select(func.max(col(AgentState.id)))
        .where(col(AgentState.node) == node, rested)
        .group_by(col(AgentState.agent))
    )
    found = select(AgentState).where(col(AgentState.id).in_(newest))
    return {row.agent: row for row in session.scalars(found)}


def _values(entry: WorkEntry) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}


def _told(teller: Teller, event: SubjectEvent, subject: str, name: str, entry: WorkEntry) -> dict[str, Any]:
    at = cast(Any, entry).at
    return outbox.subject_row(
        role=teller.role, site=teller.site, event=event, subject=subject, data={name: _values(entry)}, now=at
    )


def _desk_of(session: Session, call_id: str) -> str | None:
    return session.scalar(select(col(Call.desk)).where(col(Call.id) == call_id))


def _keep_once(session: Session, name: str, key: str, values: dict[str, Any]) -> None:
    """The newest word on what `key` names."""
    connection, table = session.connection(), SQLModel.metadata.tables[name]
    statement = _INSERT[connection.dialect.name](table).values(**values)
    changed = {column: statement.excluded[column] for column in values if column != key}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed))
