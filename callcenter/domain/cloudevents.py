"""CloudEvents 1.0.2 in structured JSON mode: what is told over MQTT (https://cloudevents.io)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from callcenter.domain.calls import EventName
from callcenter.domain.subjects import SubjectEvent, subject_of
from callcenter.domain.text import clean

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
TYPE_PREFIX = "callcenter.call."
TYPE_SUFFIX = ".v1"


class EventError(ValueError):
    """A payload is no CloudEvent; the message says which attribute is wrong."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event. A consumer that has seen its `id` before ignores it: delivery is at least once."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> EventName | None:
        """The call event's name, None where the type is none of ours."""
        if not (self.type.startswith(TYPE_PREFIX) and self.type.endswith(TYPE_SUFFIX)):
            return None
        word = self.type[len(TYPE_PREFIX) : -len(TYPE_SUFFIX)]
        return event_name(word)

    def to_dict(self) -> dict[str, Any]:
        """The structured-mode JSON object; `data` is made of JSON types (see `jsonable`)."""
        return {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": rfc3339(self.time),
            "datacontenttype": CONTENT_TYPE,
            "data": jsonable(self.data),
        }

    def __bytes__(self) -> bytes:
        return encode(self.to_dict())

    @classmethod
    def parse(cls, payload: bytes | str) -> CloudEvent:
        """Raises EventError where a required attribute is missing or malformed."""
        try:
            value = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise EventError(f"not JSON: {error}") from None
        if not isinstance(value, dict):
            raise EventError("not a JSON object")
        if value.get("specversion") != SPEC_VERSION:
            raise EventError(f"specversion is {value.get('specversion')!r}, not '{SPEC_VERSION}'")
        data = value.get("data", {})
        if not isinstance(data, dict):
            raise EventError("data is not a JSON object")
        return cls(
            id=_text(value, "id"),
            source=_text(value, "source"),
            type=_text(value, "type"),
            subject=_text(value, "subject"),
            time=_instant(_text(value, "time")),
            data=data,
        )


def event_name(word: str) -> EventName | None:
    """None where `word` names no call event."""
    try:
        return EventName(word)
    except ValueError:
        return None


def event_of(
    *,
    id: str,
    site: str,
    role: str,
    event: EventName | SubjectEvent,
    subject: str,
    time: datetime,
    data: Mapping[str, Any],
) -> CloudEvent:
    """What `role` of `site` tells of a call, an agent, a desk or a callback, whose id is `subject`; `time` is
    when it happened (UTC)."""
    prefix = TYPE_PREFIX if isinstance(event, EventName) else f"callcenter.{subject_of(event)}."
    return CloudEvent(
        id=id,
        source=f"/callcenter/{site}/{role}",
        type=f"{prefix}{event.value}{TYPE_SUFFIX}",
        subject=subject,
        time=time,
        data=data,
    )


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON: Chinese text stays readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def jsonable(value: Any) -> Any:
    """`value` in JSON types: instants as RFC 3339 in UTC, enums as their values, tuples as lists, clean text.

    Raises TypeError for anything else, so that nothing is published that nobody can read.
    """
    if isinstance(value, Enum):
        return jsonable(value.value)
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in an event")


def rfc3339(at: datetime) -> str:
    """`2024-05-01T08:00:00.000000Z`: UTC, with microseconds. Raises ValueError for a naive instant."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; every instant is UTC")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(value: Mapping[str, Any], key: str) -> str:
    item = value.get(key)
    if not isinstance(item, str) or not item:
        raise EventError(f"{key} is missing or not text")
    return item


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise EventError(f"time {text!r} is not RFC 3339") from None
    if at.tzinfo is None:
        raise EventError(f"time {text!r} has no zone")
    return at.astimezone(UTC)
