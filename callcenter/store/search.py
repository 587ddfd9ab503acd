"""Searching what was said in all calls: by characters, by sound, or by either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Select, and_, column, func, literal_column, or_, select, table
from sqlmodel import Session, col

from callcenter.domain.calls import Role
from callcenter.store.search_tokens import character_tokens, sound_tokens
from callcenter.store.tables import Call, Leg, Recording, UtteranceRow
from transcripts.pieces import Piece


class By(StrEnum):
    """What has to be the same."""

    EITHER = "either"
    CHARACTERS = "characters"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`text`: words parted by spaces, each of which must be said in the utterance. `since` and `before`: when
    the call began."""

    text: str
    by: By = By.EITHER
    role: Role | None = None
    desk: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An utterance that fits; `start` and `end` are seconds of call time, `found` are the pieces that fit."""

    call: Call
    role: Role
    start: float
    end: float
    pieces: tuple[Piece, ...]
    found: frozenset[int]

    @property
    def url(self) -> str:
        """The page of the call, at the sound of the first piece that fits."""
        first = self.pieces[min(self.found)].start if self.found else self.start
        return f"/calls/{quote(self.call.id, safe='')}#t={first:.3f}"


@dataclass(frozen=True, slots=True)
class Hits:
    items: tuple[Hit, ...]
    total: int


def search(
    session: Session,
    wanted: Wanted,
    *,
    calls: Sequence[ColumnElement[bool]] = (),
    page: int = 1,
    size: int = 20,
) -> Hits:
    """Newest call first, each utterance in order; nothing where `text` holds nothing to look for.

    `calls` are terms that narrow down which calls (`callcenter.store.queries.call_terms`).
    """
    terms = wanted.text.split()
    if not terms or not all(_tokens(term, wanted.by) for term in terms):
        return Hits((), 0)
    matches = and_(*(_said(session, term, wanted.by) for term in terms))
    narrow = [*_conditions(wanted), *calls]
    found = _joined(select(col(UtteranceRow.id))).where(matches, *narrow)
    counted = found if narrow else select(col(UtteranceRow.id)).where(matches)
    total = session.execute(select(func.count()).select_from(counted.subquery())).scalar_one()
    # A common word is said a hundred thousand times: what is sorted are ids alone.
    ordered = found.order_by(*_IN_ORDER).offset((page - 1) * size).limit(size)
    shown = col(UtteranceRow.id).in_(session.scalars(ordered).all())
    rows = session.execute(
        _joined(select(UtteranceRow, Recording, Leg, Call)).where(shown).order_by(*_IN_ORDER)
    )
    hits = (
        _hit(utterance, recording, leg, call, terms, wanted.by) for utterance, recording, leg, call in rows
    )
    return Hits(tuple(hits), total)


_IN_ORDER = (col(Call.started_at).desc(), col(Call.id), col(UtteranceRow.start))


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Recording, col(Recording.id) == col(UtteranceRow.recording_id))
        .join(Leg, col(Leg.id) == col(Recording.leg_id))
        .join(Call, col(Call.id) == col(Recording.call_id))
    )


def _tokens(term: str, by: By) -> dict[str, list[str]]:
    """What to look for in which field."""
    fields = {"characters": character_tokens(term), "sounds": sound_tokens(term)}
    if by is By.CHARACTERS or len(fields["sounds"]) != len(fields["characters"]):
        del fields["sounds"]  # a term with digits has no sound that could be compared
    if by is By.SOUND and "sounds" in fields:
        del fields["characters"]
    return {field: tokens for field, tokens in fields.items() if tokens}


def _said(session: Session, term: str, by: By) -> ColumnElement[bool]:
    fields = _tokens(term, by)
    if session.get_bind().dialect.name == "sqlite":
        phrases = " OR ".join(f'{field} : "{" ".join(tokens)}"' for field, tokens in fields.items())
        index = table("search_utterances", column("rowid"))
        matches: ColumnElement[bool] = literal_column("search_utterances").bool_op("MATCH")(phrases)
        return col(UtteranceRow.id).in_(select(index.c.rowid).where(matches))
    return or_(*(_in_vector(field, tokens) for field, tokens in fields.items()))


def _in_vector(field: str, tokens: Iterable[str]) -> ColumnElement[bool]:
    """As the index has it (migration 0011), or PostgreSQL reads the whole table."""
    simple: ColumnElement[str] = literal_column("'simple'")
    vector = func.to_tsvector(simple, literal_column(f"utterances.{field}"))
    return vector.bool_op("@@")(func.phraseto_tsquery(simple, " ".join(tokens)))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.role:
        found.append(col(Leg.role) == wanted.role.value)
    if wanted.desk:
        found.append(col(Call.desk) == wanted.desk)
    if wanted.since:
        found.append(col(Call.started_at) >= wanted.since)
    if wanted.before:
        found.append(col(Call.started_at) < wanted.before)
    return found


def _hit(row: UtteranceRow, recording: Recording, leg: Leg, call: Call, terms: Iterable[str], by: By) -> Hit:
    offset = recording.offset_seconds
    pieces = tuple(
        Piece(text, heard, start + offset, end + offset, sure) for text, heard, start, end, sure in row.pieces
    )
    found = frozenset(place for term in terms for place in _places(pieces, term, by))
    return Hit(call, Role(leg.role), row.start + offset, row.end + offset, pieces, found)


def _places(pieces: Iterable[Piece], term: str, by: By) -> set[int]:
    """Which pieces `term` was found in: as they are read, or as they were heard."""
    fields = _tokens(term, by)
    places: set[int] = set()
    for read in ([piece.text for piece in pieces], [piece.heard for piece in pieces]):
        for field, tokens in fields.items():
            spell = character_tokens if field == "characters" else sound_tokens
            spelt = [(token, number) for number, each in enumerate(read) for token in spell(each)]
            for first in range(len(spelt) - len(tokens) + 1):
                stretch = spelt[first : first + len(tokens)]
                if [token for token, _ in stretch] == tokens:
                    places |= {number for _, number in stretch}
    return places
