"""What was said in a call, read from the database, in call time (seconds from the first agent's answer)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from callcenter.domain.calls import Role
from callcenter.store.tables import Leg, Recording
from callcenter.store.tables import Word as WordRow
from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances
from transcripts.webvtt import Cue, to_webvtt

SPEAKERS = {Role.AGENT: "坐席", Role.CALLER: "来电人", Role.TARGET: "转接方"}


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one leg said in one breath; `start`, `end` and the words' times are seconds of call time."""

    leg_id: str
    role: Role
    speaker: str
    start: float
    end: float
    text: str
    words: list[Word]


def call_transcript(session: Session, call_id: str) -> list[Utterance]:
    """Every utterance of the call in order of time; empty where nothing is transcribed (yet)."""
    utterances: list[Utterance] = []
    for leg_id, role, words in leg_words(session, call_id):
        for part in split_utterances(words):
            start, end = part[0].start, part[-1].end
            utterances.append(Utterance(leg_id, role, SPEAKERS[role], start, end, join_text(part), part))
    return sorted(utterances, key=lambda utterance: (utterance.start, utterance.end))


def leg_words(session: Session, call_id: str) -> list[tuple[str, Role, list[Word]]]:
    """(leg id, role, words in call time) of each of the call's recordings, in order of the legs."""
    recordings = session.exec(
        select(Recording, Leg)
        .where(Recording.leg_id == Leg.id, Recording.call_id == call_id)
        .order_by(col(Leg.position), col(Recording.started_at))
    ).all()
    rows = session.exec(
        select(WordRow, Recording.offset_seconds)
        .where(WordRow.recording_id == Recording.id, Recording.call_id == call_id)
        .order_by(col(WordRow.position))
    ).all()
    words: dict[str, list[Word]] = {}
    for row, offset in rows:
        word = Word(row.text, row.start, row.end, row.confidence).shifted(offset)
        words.setdefault(row.recording_id, []).append(word)
    return [(leg.id, Role(leg.role), words.get(recording.id, [])) for recording, leg in recordings]


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
            "words": [
                {
                    "text": word.text,
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                    "confidence": round(word.confidence, 3),
                }
                for word in utterance.words
            ],
        }
        for utterance in utterances
    ]


def transcript_vtt(utterances: list[Utterance]) -> str:
    """The utterances as a WebVTT file with speakers."""
    return to_webvtt(Cue(each.start, each.end, each.speaker, each.text) for each in utterances)
