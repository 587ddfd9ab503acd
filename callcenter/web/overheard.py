"""What the scribe hears of calls under way, for pages that are opened in the middle of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HEARD = "callcenter.call.heard.v1"
_WARNED = "callcenter.call.warned.v1"
_OVER = ("callcenter.call.transcribed.v1", "callcenter.call.judged.v1")
SPOKEN_KINDS = ("opening", "forbidden", "waiting")
"""The warnings that come of words; those of the switchboard are shown by what lasts."""
MOST = 1000
"""Calls; beyond, the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance; `start` in seconds of call time, None for one that is being said."""

    role: str
    start: float | None
    text: str


@dataclass(slots=True)
class _Call:
    said: dict[str, list[Line]] = field(default_factory=dict)
    warnings: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Overheard:
    """Fed with every event; what is in it is checked, for anybody who reaches the broker may send one."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        kind, subject, data = event.get("type"), str(event.get("subject", "")), event.get("data")
        if kind in _OVER:
            self._calls.pop(subject, None)
        elif kind in (HEARD, _WARNED) and isinstance(data, Mapping):
            self._keep(str(kind), subject, data)

    def said(self, call_id: str) -> list[Line]:
        """The latest utterances of all sides in order of time, then what is being said."""
        call = self._calls.get(call_id)
        lines = [line for part in (call.said.values() if call else ()) for line in part]
        return sorted(lines, key=lambda line: float("inf") if line.start is None else line.start)

    def warnings(self, call_id: str) -> list[Mapping[str, Any]]:
        """What its words gave rise to, in the order in which it was told."""
        call = self._calls.get(call_id)
        return list(call.warnings.values()) if call else []

    def _keep(self, kind: str, subject: str, data: Mapping[str, Any]) -> None:
        call = self._calls.setdefault(subject, _Call())
        if kind == HEARD:
            call.said[str(data.get("recording_id"))] = _lines(data)
        elif data.get("kind") in SPOKEN_KINDS:
            call.warnings[f"{data.get('kind')} {data.get('at')} {data.get('for')}"] = data
        if len(self._calls) > MOST:
            del self._calls[next(iter(self._calls))]


def _lines(data: Mapping[str, Any]) -> list[Line]:
    role, utterances = str(data.get("role")), data.get("utterances")
    lines = [
        Line(role, float(each["start"]), str(each["text"]))
        for each in (utterances if isinstance(utterances, list) else ())
        if isinstance(each, Mapping) and isinstance(each.get("start"), int | float) and "text" in each
    ]
    return [*lines, *([Line(role, None, str(data["partial"]))] if data.get("partial") else [])]
