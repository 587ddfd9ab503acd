"""The transcript's column: what people said and what the system played, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.store.tables import Announcement
from callcenter.store.transcripts import Utterance


@dataclass(frozen=True, slots=True)
class Line:
    """Either an utterance or an announcement; `start` is in seconds of call time.

    It is None for an announcement in a call that nobody answered: that call has no such time.
    """

    start: float | None
    utterance: Utterance | None = None
    played: Announcement | None = None


def lines_of(
    utterances: Sequence[Utterance], played: Sequence[Announcement], answered_at: datetime | None
) -> list[Line]:
    """`played` is in order of time; of a call that nobody answered it is all there is."""
    lines = [Line(utterance.start, utterance) for utterance in utterances]
    for each in played:
        start = (each.started_at - answered_at).total_seconds() if answered_at else None
        lines.append(Line(start, played=each))
    return sorted(lines, key=lambda line: line.start or 0.0)
