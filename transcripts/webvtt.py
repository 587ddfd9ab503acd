"""Transcripts as WebVTT (W3C), each cue with its speaker in a voice span: `<v 坐席>您好`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """What one speaker said without a long pause; `start` and `end` are seconds."""

    start: float
    end: float
    speaker: str
    text: str


def to_webvtt(cues: Iterable[Cue]) -> str:
    """A whole WebVTT file; cues are put in order of their beginning, as §1 of the format asks."""
    blocks = ["WEBVTT"]
    for number, cue in enumerate(sorted(cues, key=lambda cue: (cue.start, cue.end)), start=1):
        start = max(0.0, cue.start)
        span = f"{timestamp(start)} --> {timestamp(max(cue.end, start + 0.001))}"
        blocks.append(f"{number}\n{span}\n<v {_escape(cue.speaker)}>{_escape(cue.text)}")
    return "\n\n".join(blocks) + "\n"


def timestamp(seconds: float) -> str:
    """`3723.5` as `01:02:03.500`."""
    thousandths = round(seconds * 1000)
    minutes, thousandths = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{thousandths // 1000:02d}.{thousandths % 1000:03d}"


def _escape(text: str) -> str:
    """No markup, and no blank line, which would end the cue."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(text.split())
