from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.domain import topics
from callcenter.domain.calls import EventName
from callcenter.domain.topics import CallTopic, TopicError, matches

levels = st.text(st.characters(exclude_characters="/+#\0"), min_size=1, max_size=5)


def test_the_topics_as_agreed() -> None:
    assert topics.call_topic("main", "c1", EventName.RINGING) == "callcenter/v1/main/calls/c1/ringing"
    assert topics.calls_filter("main") == "callcenter/v1/main/calls/+/+"
    assert topics.calls_filter("main", EventName.ENDED) == "callcenter/v1/main/calls/+/ended"
    assert topics.status_topic("main", "web") == "callcenter/v1/main/status/web"
    assert topics.status_filter("main") == "callcenter/v1/main/status/+"
    assert topics.command_topic("main", "transfer") == "callcenter/v1/main/commands/transfer"
    assert topics.reply_topic("main", "web-1") == "callcenter/v1/main/replies/web-1"


@settings(deadline=None)
@given(site=levels, call_id=levels, event=st.sampled_from(EventName))
def test_a_call_topic_is_read_back_and_subscribed_to(site: str, call_id: str, event: EventName) -> None:
    topic = topics.call_topic(site, call_id, event)
    assert topics.parse_call_topic(topic) == CallTopic(site, call_id, event)
    assert matches(topics.calls_filter(site), topic)
    assert matches(topics.calls_filter(site, event), topic)
    assert not matches(topics.status_filter(site), topic)


@pytest.mark.parametrize("word", ["", "a/b", "+", "x#", "\0"])
def test_a_word_that_would_change_the_topic_is_refused(word: str) -> None:
    with pytest.raises(TopicError):
        topics.call_topic("main", word, EventName.ENDED)


@settings(deadline=None)
@given(st.text())
def test_other_topics_are_nobodys(topic: str) -> None:
    assert topics.parse_call_topic(topic) is None
    assert topics.parse_status_topic(topic) is None
    assert topics.command_name(topic) is None


def test_names_are_read_from_topics() -> None:
    assert topics.parse_status_topic("callcenter/v1/main/status/web") == "web"
    assert topics.command_name("callcenter/v1/main/commands/hangup") == "hangup"
    assert topics.parse_call_topic("callcenter/v1/main/calls/c1/sung") is None


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("callcenter/v1/main/replies/web-1", True),
        ("callcenter/v1/main/replies/", False),
        ("callcenter/v1/main/replies/a/b", False),
        ("callcenter/v1/main/replies/#", False),
        ("callcenter/v1/other/replies/web-1", False),
        ("callcenter/v1/main/commands/hangup", False),
    ],
)
def test_replies_go_nowhere_else(topic: str, allowed: bool) -> None:
    assert topics.is_reply_topic(topic, "main") is allowed


@pytest.mark.parametrize(
    ("topic_filter", "topic", "yes"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+/c", "a/b/d", False),
        ("#", "a/b", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
    ],
)
def test_filters_match_as_the_standard_says(topic_filter: str, topic: str, yes: bool) -> None:
    """MQTT 3.1.1, 4.7.1 and 4.7.2."""
    assert matches(topic_filter, topic) is yes
