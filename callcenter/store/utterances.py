"""What is read of each utterance, kept beside the words that were heard, and found again by the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, insert, select
from sqlmodel import Session, col

from callcenter.store.search_tokens import character_tokens, joined, sound_tokens
from callcenter.store.tables import Recording, UtteranceRow
from callcenter.store.tables import Word as WordRow
from transcripts.numbers import normalised
from transcripts.pieces import Piece, text_of
from transcripts.readable import Read, as_spoken
from transcripts.recogniser import Word
from transcripts.utterances import join_text


def keep_utterances(
    session: Session,
    recording_id: str,
    words: Sequence[Word],
    second: Sequence[Word] = (),
    names: Sequence[str] = (),
) -> None:
    """What is read of a recording, in place of what was kept before.

    `words` are those of the free pass, `second` those of the second hearing, in seconds from the recording's
    own zero; `names` are the lexicon's.
    """
    session.execute(delete(UtteranceRow).where(col(UtteranceRow.recording_id) == recording_id))
    rows = utterance_rows(words, second, names)
    if rows:
        session.execute(insert(UtteranceRow), [{"recording_id": recording_id, **row} for row in rows])


def utterance_rows(
    words: Sequence[Word], second: Sequence[Word] = (), names: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The same as rows of the table, without their recording."""
    return [
        {"position": position, **_row(read)} for position, read in enumerate(as_spoken(words, second, names))
    ]


def load_pieces(session: Session, call_id: str) -> dict[str, list[list[Piece]]]:
    """What is read of a call, by recording, utterance by utterance, in seconds of the recording."""
    rows = session.execute(
        select(UtteranceRow)
        .join(Recording, col(Recording.id) == col(UtteranceRow.recording_id))
        .where(col(Recording.call_id) == call_id)
        .order_by(col(UtteranceRow.recording_id), col(UtteranceRow.position))
    ).scalars()
    found: dict[str, list[list[Piece]]] = {}
    for row in rows:
        found.setdefault(row.recording_id, []).append([Piece(*piece) for piece in row.pieces])
    return found


def fill_in(session: Session, most: int, names: Sequence[str] = (), after: str = "") -> list[str]:
    """Reads recordings that were transcribed before utterances were kept, in order of their ids from `after`
    on; the ids of at most so many (none: no more is left)."""
    said = exists().where(col(WordRow.recording_id) == col(Recording.id))
    kept = exists().where(col(UtteranceRow.recording_id) == col(Recording.id))
    missing = select(col(Recording.id)).where(col(Recording.id) > after, said, ~kept)
    recording_ids = list(session.execute(missing.order_by(col(Recording.id)).limit(most)).scalars())
    for recording_id in recording_ids:
        keep_utterances(session, recording_id, _words(session, recording_id), names=names)
    return recording_ids


def _words(session: Session, recording_id: str) -> list[Word]:
    rows = session.execute(
        select(WordRow).where(col(WordRow.recording_id) == recording_id).order_by(col(WordRow.position))
    ).scalars()
    return [Word(row.text, row.start, row.end, row.confidence) for row in rows]


def _row(read: Read) -> dict[str, Any]:
    """Found by what was heard, by every character as it was spoken, and as it is written."""
    words, spoken = read
    written = normalised(spoken)
    texts = (text_of(written), text_of(spoken), join_text(words))
    return {
        "start": words[0].start,
        "end": words[-1].end,
        "text": texts[0],
        "pieces": [_plain(piece) for piece in written],
        "characters": joined(*map(character_tokens, texts)),
        "sounds": joined(*map(sound_tokens, texts[1:])),
    }


def _plain(piece: Piece) -> list[Any]:
    times = round(piece.start, 3), round(piece.end, 3)
    return [piece.text, piece.heard, *times, round(piece.confidence, 4)]
