"""What a flow's file may say."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from callcenter.domain.calls import Line
from callcenter.domain.opening import Span
from callcenter.domain.workdays import Calendar
from callcenter.flows import load_flow
from callcenter.flows.schema import Flow, Menu, Queue, Ring

ROOT = Path(__file__).parent.parent.parent.parent
FRONT = ROOT / "flows" / "front.toml"
ZONE = ZoneInfo("Asia/Shanghai")


def front() -> Flow:
    return load_flow(FRONT)


def test_a_flow_is_a_value() -> None:
    flow = front()
    assert isinstance(flow.steps["menu"], Menu)
    assert isinstance(flow.steps["ring"], Ring)
    assert flow.hours is not None
    assert flow.hours.dates == {date(2026, 10, 1): (Span(600, 720),)}
    assert [agent.number for agent in flow.groups["front"].agents] == ["8001", "8002"]
    assert flow.groups["front"].agents[0].tier == 1
    with pytest.raises(ValidationError):
        flow.start.open = "menu"  # type: ignore[misc]


def test_what_a_flow_says_survives_being_written_as_json() -> None:
    flow = front()
    assert Flow.model_validate_json(flow.model_dump_json(by_alias=True)) == flow


def test_the_digest_changes_with_anything_in_it() -> None:
    text = FRONT.read_text("utf-8")
    changed = Flow.model_validate(tomllib.loads(text.replace("wrap_up = 30", "wrap_up = 31")))
    assert len(front().digest) == 12
    assert front().digest == front().digest
    assert changed.digest != front().digest


def test_exits_are_told_in_reading_order() -> None:
    queue = front().steps["queue"]
    assert isinstance(queue, Queue)
    told = [(exit.key, exit.to, exit.heard) for exit in queue.exits()]
    assert told == [
        ("keys.1", "callback", True),
        ("keys.2", "message", True),
        ("overflow", "callback", True),
        ("nobody", "message", False),
    ]


def test_every_prompt_is_named_with_its_key() -> None:
    prompts = dict(front().prompts())
    assert prompts["notice.prompt"] == "recording-notice-objection"
    assert prompts["after.survey"] == "survey-ask"
    assert prompts["step.menu.wrong"] == "menu-wrong-key"
    assert prompts["step.queue.offer"] == "queue-offer"
    assert "transfer.connected" not in prompts


def test_where_a_call_begins() -> None:
    assert dict(front().starts()) == {
        "start.open": "language",
        "start.closed": "night",
        "start.through": "ring",
    }


def test_without_hours_it_is_always_open() -> None:
    flow = front().model_copy(update={"hours": None})
    midnight = datetime(2026, 10, 1, 16, 0, tzinfo=UTC)
    assert flow.open_at(midnight, ZONE, Calendar()).open
    assert not front().open_at(midnight, ZONE, Calendar()).open


def test_whom_it_rings_and_how_long_their_calls_may_be() -> None:
    flow = front()
    assert flow.agents == {"8001", "8002"}
    assert (flow.talk.longest(Line.EXTERNAL), flow.talk.longest(Line.INTERNAL)) == (600.0, 180.0)
