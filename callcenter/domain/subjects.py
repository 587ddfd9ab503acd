"""What is told of besides calls: agents, desks and callbacks, each with its events."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What an event is about; its topics stand below `<value>s/`, its types are `callcenter.<value>.…`."""

    AGENT = "agent"
    DESK = "desk"
    CALLBACK = "callback"


class AgentEvent(StrEnum):
    """CHANGED: another state. FEATURE: do-not-disturb or forwarding was set."""

    CHANGED = "changed"
    FEATURE = "feature"


class DeskEvent(StrEnum):
    """MESSAGE: a caller left one. SURVEY: a caller gave a score."""

    MESSAGE = "message"
    SURVEY = "survey"


class CallbackEvent(StrEnum):
    """WANTED: new, or another call of that number was taken in. RELEASED: claimed no more, not done."""

    WANTED = "wanted"
    CLAIMED = "claimed"
    RELEASED = "released"
    DONE = "done"
    GIVEN_UP = "given_up"


SubjectEvent = AgentEvent | DeskEvent | CallbackEvent

EVENTS: dict[Subject, type[AgentEvent] | type[DeskEvent] | type[CallbackEvent]] = {
    Subject.AGENT: AgentEvent,
    Subject.DESK: DeskEvent,
    Subject.CALLBACK: CallbackEvent,
}


def subject_of(event: SubjectEvent) -> Subject:
    """What the event is about."""
    return next(subject for subject, kind in EVENTS.items() if isinstance(event, kind))
