from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.domain.calls import EventName, Outcome
from callcenter.domain.cloudevents import CloudEvent, EventError, event_name, event_of, jsonable, rfc3339

NOON = datetime(2024, 5, 1, 12, 0, 0, 5, tzinfo=UTC)

plain = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
words = st.text(plain, min_size=1, max_size=10)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | words
json_values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(words, scalars, max_size=2)
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def event(**changes: Any) -> CloudEvent:
    values: dict[str, Any] = {"id": "1", "site": "main", "role": "switchboard", "event": EventName.ENDED}
    return event_of(**{**values, "subject": "c1", "time": NOON, "data": {}, **changes})


def test_what_is_on_the_wire() -> None:
    assert json.loads(bytes(event(data={"outcome": Outcome.ANSWERED, "at": NOON, "text": "您好"}))) == {
        "specversion": "1.0",
        "id": "1",
        "source": "/callcenter/main/switchboard",
        "type": "callcenter.call.ended.v1",
        "subject": "c1",
        "time": "2024-05-01T12:00:00.000005Z",
        "datacontenttype": "application/json",
        "data": {"outcome": "answered", "at": "2024-05-01T12:00:00.000005Z", "text": "您好"},
    }


@relaxed
@given(
    id=words,
    subject=words,
    name=st.sampled_from(EventName),
    time=st.datetimes(timezones=st.just(UTC)),
    data=st.dictionaries(words, json_values, max_size=2),
)
def test_parsing_gives_back_what_was_written(
    id: str, subject: str, name: EventName, time: datetime, data: dict[str, Any]
) -> None:
    written = event(id=id, subject=subject, event=name, time=time, data=data)
    assert CloudEvent.parse(bytes(written)) == written
    assert CloudEvent.parse(bytes(written)).name is name


def test_odd_text_does_not_stop_an_event() -> None:
    odd = event(data={"caller\0": "caf\udce9"})
    assert CloudEvent.parse(bytes(odd)).data == {"caller": "caf?"}


@relaxed
@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_anything_is_an_event_or_an_event_error(payload: bytes) -> None:
    with pytest.raises(EventError):
        CloudEvent.parse(payload)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("specversion", "0.3", "specversion"),
        ("id", "", "id is missing"),
        ("source", None, "source is missing"),
        ("type", 5, "type is missing"),
        ("subject", [], "subject is missing"),
        ("time", "noon", "RFC 3339"),
        ("time", "2024-05-01T12:00:00", "no zone"),
        ("data", [], "data is not"),
    ],
)
def test_a_wrong_attribute_is_named(key: str, value: Any, says: str) -> None:
    with pytest.raises(EventError, match=says):
        CloudEvent.parse(json.dumps({**event().to_dict(), key: value}))


def test_an_event_of_somebody_elses_has_no_name() -> None:
    for kind in ("com.example.made", "callcenter.call.sung.v1", "callcenter.call.ended.v2"):
        assert CloudEvent.parse(json.dumps({**event().to_dict(), "type": kind})).name is None
    assert event_name("ended") is EventName.ENDED
    assert event_name("sung") is None


def test_instants_are_utc() -> None:
    beijing = timezone(timedelta(hours=8))
    assert rfc3339(datetime(2024, 5, 1, 20, tzinfo=beijing)) == "2024-05-01T12:00:00.000000Z"
    with pytest.raises(ValueError, match="no time zone"):
        rfc3339(datetime(2024, 5, 1))  # noqa: DTZ001


def test_only_json_types_go_out() -> None:
    assert jsonable({"a": (1, [Outcome.BUSY]), 2: None}) == {"a": [1, ["busy"]], "2": None}
    with pytest.raises(TypeError, match="object has no place"):
        jsonable({"a": object()})
