from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from callcenter.domain.calls import HungUpBy, Line
from callcenter.judging.facts import JudgeFacts, RecordFacts, Transfer
from callcenter.judging.facts_json import CHINA, KEYS, FactsError, parse_facts


def test_all_of_them() -> None:
    facts = parse_facts(
        {
            "rings": 2,
            "hangup": "agent",
            "line": "internal",
            "holds": [{"start": 9, "end": 27.5}],
            "transfer": {"to": "工程部", "at": 30, "result": "busy"},
            "begun": "2026-03-01T10:00:00",
            "matter": "look-up",
            "household": "5栋802",
            "surname": "陈",
            "phone": "13800138000",
            "record": {"written_after": 12.5, "tickets": 1},
            "callback": False,
        }
    )
    assert facts == JudgeFacts(
        rings=2,
        hangup=HungUpBy.AGENT,
        line=Line.INTERNAL,
        holds=((9.0, 27.5),),
        transfer="工程部",
        returned=True,
        transfers=(Transfer("工程部", 30, "busy"),),
        begun=datetime(2026, 3, 1, 10, tzinfo=CHINA),
        matter="lookup",
        household="5栋802",
        surname="陈",
        phone="13800138000",
        record=RecordFacts(12.5, 1),
        callback=False,
    )


@pytest.mark.parametrize(
    ("transfer", "gone"),
    [
        ("工程部", True),
        ("", False),
        ({"to": "工程部"}, True),
        ({"to": "工程部", "result": "connected"}, True),
        ({"to": "工程部", "result": "no_answer"}, False),
        ({"to": "工程部", "result": "no_answer", "returned": False}, True),
        ({"to": "工程部", "returned": True}, False),
    ],
)
def test_whether_the_call_ended_elsewhere(transfer: Any, gone: bool) -> None:
    assert parse_facts({"transfer": transfer}).gone is gone


def test_an_instant_with_a_zone_keeps_it() -> None:
    assert parse_facts({"begun": "2026-03-01T02:00:00+00:00"}).begun == datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_none_of_them() -> None:
    assert parse_facts({}) == JudgeFacts()
    assert parse_facts(dict.fromkeys(KEYS)) == JudgeFacts()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "JSON object"),
        ({"ring": 2}, "ring: there is no such fact; there are: rings, hangup"),
        ({"rings": "two"}, "rings: 'two'"),
        ({"rings": -1}, "rings: -1"),
        ({"rings": True}, "rings: True"),
        ({"rings": 1.5}, "rings: 1.5"),
        ({"hangup": "network"}, "hangup: 'network'"),
        ({"hangup": ["caller"]}, "hangup:"),
        ({"line": "outside"}, "line: 'outside'"),
        ({"holds": {}}, "holds:"),
        ({"holds": [{"start": 5}]}, r"holds\[0\]"),
        ({"holds": [{"start": 1, "end": 2}, {"start": 5, "end": 4}]}, r"holds\[1\]"),
        ({"transfer": 5}, "transfer: 5"),
        ({"transfer": {"at": 5}}, "transfer: {'at': 5}"),
        ({"transfer": {"to": "a", "at": -5}}, "transfer:"),
        ({"transfer": {"to": "a", "returned": "yes"}}, "transfer:"),
        ({"transfer": {"to": "a", "when": 5}}, "transfer:"),
        ({"begun": "today"}, "begun: 'today'"),
        ({"begun": 5}, "begun: 5"),
        ({"matter": "football"}, "matter: 'football' is no kind of matter; the kinds are repair"),
        ({"household": 5}, "household: 5"),
        ({"record": {"written_after": "soon"}}, "record:"),
        ({"record": {"tickets": True}}, "record:"),
        ({"record": {"ticket": 1}}, "record:"),
        ({"callback": 1}, "callback: 1"),
    ],
)
def test_errors_name_the_key(value: Any, message: str) -> None:
    with pytest.raises(FactsError, match=message):
        parse_facts(value)
