"""Every reason can be told in both languages; that the rules give each is held by test_reasons_given."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from callcenter.domain.reasons import TEMPLATES, Code, Language, Reason, fields, kept_reason, reason

FACTS = {
    "rings": 4,
    "seconds": 15.5,
    "limit": 3,
    "limit_seconds": 15.0,
    "phrases": "「您好」",
    "phrase": "您好",
    "target": "8100",
    "prompt": "busy",
    "items": ["x", "y"],
    "word": "喂",
    "count": 2,
    "level": -21.5,
    "limit_level": -12.5,
    "rate": 7.5,
    "limit_rate": 6.5,
    "text": "两小时内",
    "within": 2 * 3600,
    "at_most": 2 * 3600,
    "workdays": 7,
    "due": "2026-03-01 12:00",
    "kind": "x",
}


def test_every_code_has_its_templates() -> None:
    assert set(TEMPLATES) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_a_code_is_told_in_both_languages_with_all_its_facts(code: Code) -> None:
    assert set(TEMPLATES[code]) == set(get_args(Language))
    chinese, english = TEMPLATES[code]["zh"], TEMPLATES[code]["en"]
    assert fields(chinese) == fields(english)
    whole = code in (Code.RECORDED_AFTER, Code.NOT_RECORDED)
    facts = {name: 15 if whole and "seconds" in name else FACTS[name] for name in fields(english)}
    told = reason(code, **facts)
    assert re.search("[一-鿿]", told.text("zh"))
    for fact in facts.values():
        for part in fact if isinstance(fact, list) else ["2 "] if fact == 7200 else [fact]:
            assert str(part) in told.text("zh") and str(part) in told.text("en")
    assert "{" not in told.text("zh") + told.text("en")


def test_facts_that_lack_or_are_too_many_are_refused() -> None:
    with pytest.raises(ValueError, match=r"too_short takes \['seconds'\], not \[\]"):
        Reason(Code.TOO_SHORT)
    with pytest.raises(ValueError, match="silent takes"):
        reason(Code.SILENT, seconds=1.0)


def test_what_a_database_holds() -> None:
    assert kept_reason("too_short", {"seconds": 1}) == reason(Code.TOO_SHORT, seconds=1)
    assert kept_reason("silent", None) == Reason(Code.SILENT)
    assert kept_reason(None, None) is None
    assert kept_reason("of a later version", {"x": 1}) is None


def test_ids_are_told_by_their_names() -> None:
    asked = reason(Code.COLLECTED, items=["household", "telephone"])
    assert (asked.text("zh"), asked.text("en")) == (
        "已询问或得知：房号、电话",
        "asked for or told: room, telephone",
    )
    assert reason(Code.TICKET_MISSING, kind="complaint").text("zh") == "「投诉」没有工单"
