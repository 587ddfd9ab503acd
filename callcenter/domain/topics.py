"""The MQTT topics: `callcenter/v1/<site>/…`, lowercase, no leading slash.

| topic | payload |
| --- | --- |
| `calls/<call id>/<event>` | a CloudEvent |
| `agents/<number>/<event>` | a CloudEvent |
| `desks/<id>/<event>` | a CloudEvent |
| `callbacks/<id>/<event>` | a CloudEvent |
| `live/<node>` | retained: what a switchboard holds now |
| `status/<role>` | retained: online or offline, and metrics |
| `commands/<name>` | `{"id", "reply_to", "args"}` |
| `replies/<client>` | `{"id", "ok", "result" or "error"}` |
"""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.domain.calls import EventName
from callcenter.domain.cloudevents import event_name
from callcenter.domain.subjects import Subject, SubjectEvent, subject_of

ROOT = "callcenter/v1"


class TopicError(ValueError):
    """A word cannot stand in a topic."""


@dataclass(frozen=True, slots=True)
class CallTopic:
    """The parts of a call event's topic."""

    site: str
    call_id: str
    event: EventName


def call_topic(site: str, call_id: str, event: EventName) -> str:
    return f"{ROOT}/{_level(site)}/calls/{_level(call_id)}/{event.value}"


def parse_call_topic(topic: str) -> CallTopic | None:
    """None where `topic` is not a call event's."""
    match topic.split("/"):
        case ["callcenter", "v1", site, "calls", call_id, word] if site and call_id:
            event = event_name(word)
            return CallTopic(site, call_id, event) if event else None
    return None


def calls_filter(site: str, event: EventName | None = None) -> str:
    """A subscription to the events of every call, or to one kind of event."""
    return f"{ROOT}/{_level(site)}/calls/+/{event.value if event else '+'}"


def subject_topic(site: str, id: str, event: SubjectEvent) -> str:
    """`agents/8001/changed`, `callbacks/7/wanted`."""
    return f"{ROOT}/{_level(site)}/{subject_of(event)}s/{_level(id)}/{event.value}"


def subjects_filter(site: str, subject: Subject) -> str:
    """A subscription to every event of every agent, desk or callback."""
    return f"{ROOT}/{_level(site)}/{subject.value}s/+/+"


def live_topic(site: str, node: str) -> str:
    return f"{ROOT}/{_level(site)}/live/{_level(node)}"


def live_filter(site: str) -> str:
    return f"{ROOT}/{_level(site)}/live/+"


def parse_live_topic(topic: str) -> str | None:
    """The node whose live state it is; None where `topic` is no such topic."""
    match topic.split("/"):
        case ["callcenter", "v1", _, "live", node] if node:
            return node
    return None


def status_topic(site: str, role: str) -> str:
    return f"{ROOT}/{_level(site)}/status/{_level(role)}"


def status_filter(site: str) -> str:
    return f"{ROOT}/{_level(site)}/status/+"


def parse_status_topic(topic: str) -> str | None:
    """The role whose status it is; None where `topic` is not a status topic."""
    match topic.split("/"):
        case ["callcenter", "v1", _, "status", role] if role:
            return role
    return None


def command_topic(site: str, name: str) -> str:
    return f"{ROOT}/{_level(site)}/commands/{_level(name)}"


def command_name(topic: str) -> str | None:
    """The command's name; None where `topic` is not a command topic."""
    match topic.split("/"):
        case ["callcenter", "v1", _, "commands", name] if name:
            return name
    return None


def reply_topic(site: str, client: str) -> str:
    return f"{ROOT}/{_level(site)}/replies/{_level(client)}"


def is_reply_topic(topic: str, site: str) -> bool:
    """Whether a command may have its answer sent there: nowhere but below the site's replies."""
    prefix = f"{ROOT}/{_level(site)}/replies/"
    rest = topic.removeprefix(prefix)
    return topic.startswith(prefix) and bool(rest) and not set(rest) & set("/+#\0")


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a subscription's filter takes in a topic (MQTT 3.1.1, 4.7)."""
    wanted, got = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index >= len(got) or level not in ("+", got[index]):
            return False
    return len(wanted) == len(got)


def _level(word: str) -> str:
    if not word or set(word) & set("/+#\0"):
        raise TopicError(f"{word!r} cannot be a level of a topic")
    return word
