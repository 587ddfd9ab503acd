from __future__ import annotations

from typing import Any

import pytest

from callcenter.domain.calls import HungUpBy, Line
from callcenter.judging.facts import FactsError, JudgeFacts, parse_facts


def test_all_of_them() -> None:
    facts = parse_facts(
        {
            "rings": 2,
            "hangup": "agent",
            "line": "internal",
            "holds": [{"start": 9, "end": 27.5}],
            "transfer": "工程部",
        }
    )
    assert facts == JudgeFacts(
        rings=2, hangup=HungUpBy.AGENT, line=Line.INTERNAL, holds=((9.0, 27.5),), transfer="工程部"
    )


def test_none_of_them() -> None:
    assert parse_facts({}) == JudgeFacts()
    empty = {"rings": None, "hangup": None, "line": None, "holds": None, "transfer": None}
    assert parse_facts(empty) == JudgeFacts()


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
    ],
)
def test_errors_name_the_key(value: Any, message: str) -> None:
    with pytest.raises(FactsError, match=message):
        parse_facts(value)
