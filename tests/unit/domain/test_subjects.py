from __future__ import annotations

import pytest

from callcenter.domain.subjects import EVENTS, AgentEvent, CallbackEvent, Subject, SubjectEvent, subject_of
from callcenter.domain.topics import (
    live_filter,
    live_topic,
    matches,
    parse_live_topic,
    subject_topic,
    subjects_filter,
)


@pytest.mark.parametrize("subject", list(Subject))
def test_each_event_is_about_one_subject_and_its_topic_says_so(subject: Subject) -> None:
    for event in EVENTS[subject]:
        assert subject_of(event) is subject
        assert subject_topic("main", "7", event) == f"callcenter/v1/main/{subject.value}s/7/{event.value}"
        assert matches(subjects_filter("main", subject), subject_topic("main", "7", event))


@pytest.mark.parametrize("event", [AgentEvent.CHANGED, CallbackEvent.DONE])
def test_a_subscription_takes_no_others(event: SubjectEvent) -> None:
    assert not matches(subjects_filter("main", Subject.DESK), subject_topic("main", "7", event))


def test_a_live_topic_names_its_node() -> None:
    topic = live_topic("main", "node-1")
    assert topic == "callcenter/v1/main/live/node-1"
    assert parse_live_topic(topic) == "node-1"
    assert parse_live_topic("callcenter/v1/main/status/web") is None
    assert matches(live_filter("main"), topic)
