"""What was said in a call, read from the database, in call time (seconds from the first agent's answer)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from callcenter.domain.calls import Role
from callcenter.store.tables import Leg, Recording
from callcenter.store.tables import Word as WordRow
from callcenter.store.utterances import load_pieces
from transcripts.pieces import Piece, text_of
from transcripts.readable import Read, as_written
from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances
from transcripts.webvtt import Cue, timestamp, to_webvtt

SPEAKERS = {Role.AGENT: "坐席", Role.CALLER: "来电人", Role.TARGET: "转接方"}


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one leg said in one breath; `start`, `end` and all times within are seconds of call time.

    `text` is what people read, of `pieces`; `words` are what was heard, by which calls are judged.
    """

    leg_id: str
    role: Role
    speaker: str
    start: float
    end: float
    text: str
    words: list[Word]
    pieces: list[Piece] = field(default_factory=list)

    @property
    def heard(self) -> str:
        """As it was recognised."""
        return join_text(self.words)


def call_transcript(session: Session, call_id: str) -> list[Utterance]:
    """Every utterance of the call in order of time; empty where nothing is transcribed (yet)."""
    utterances: list[Utterance] = []
    kept = load_pieces(session, call_id)
    for recording, leg, words in _heard(session, call_id):
        role = Role(leg.role)
        for part, pieces in _read(words, kept.get(recording.id, [])):
            shifted = [_shifted(piece, recording.offset_seconds) for piece in pieces]
            said = [word.shifted(recording.offset_seconds) for word in part]
            start, end = said[0].start, said[-1].end
            utterances.append(
                Utterance(leg.id, role, SPEAKERS[role], start, end, text_of(pieces), said, shifted)
            )
    return sorted(utterances, key=lambda utterance: (utterance.start, utterance.end))


def _read(words: list[Word], kept: list[list[Piece]]) -> list[Read]:
    """Utterances with what is kept of them; those of a call of before are read anew."""
    parts = list(split_utterances(words))
    return list(zip(parts, kept, strict=True)) if len(parts) == len(kept) else as_written(words)


def _shifted(piece: Piece, seconds: float) -> Piece:
    return replace(piece, start=piece.start + seconds, end=piece.end + seconds)


def _heard(session: Session, call_id: str) -> list[tuple[Recording, Leg, list[Word]]]:
    """The call's recordings with their legs, in order of the legs, and the words in the recording's time."""
    recordings = session.exec(
        select(Recording, Leg)
        .where(Recording.leg_id == Leg.id, Recording.call_id == call_id)
        .order_by(col(Leg.position), col(Recording.started_at))
    ).all()
    rows = session.exec(
        select(WordRow)
        .join(Recording, col(Recording.id) == col(WordRow.recording_id))
        .where(Recording.call_id == call_id)
        .order_by(col(WordRow.position))
    ).all()
    words: dict[str, list[Word]] = {}
    for row in rows:
        words.setdefault(row.recording_id, []).append(Word(row.text, row.start, row.end, row.confidence))
    return [(recording, leg, words.get(recording.id, [])) for recording, leg in recordings]


def transcript_json(utterances: list[Utterance]) -> list[dict[str, Any]]:
    """The utterances as the API gives them."""
    return [
        {
            "leg": utterance.leg_id,
            "role": utterance.role.value,
            "speaker": utterance.speaker,
            "start": round(utterance.start, 3),
            "end": round(utterance.end, 3),
            "text": utterance.text,
            "heard": utterance.heard,
            "pieces": [{**_timed(piece), "heard": piece.heard} for piece in utterance.pieces],
            "words": [_timed(word) for word in utterance.words],
        }
        for utterance in utterances
    ]


def _timed(said: Word | Piece) -> dict[str, Any]:
    return {
        "text": said.text,
        "start": round(said.start, 3),
        "end": round(said.end, 3),
        "confidence": round(said.confidence, 3),
    }


def transcript_vtt(utterances: list[Utterance]) -> str:
    """The utterances as a WebVTT file with speakers."""
    return to_webvtt(Cue(each.start, each.end, each.speaker, each.text) for each in utterances)


def transcript_text(utterances: list[Utterance]) -> str:
    """The utterances as plain text, a line each: when, who, what."""
    return "".join(
        f"[{timestamp(max(0.0, each.start))[:8]}] {each.speaker}：{each.text}\n" for each in utterances
    )
