"""Every reason can be told in both languages; that the rules give each of them is held by test_judging."""

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
}


def test_every_code_has_its_templates() -> None:
    assert set(TEMPLATES) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_a_code_is_told_in_both_languages_with_all_its_facts(code: Code) -> None:
    assert set(TEMPLATES[code]) == set(get_args(Language))
    chinese, english = TEMPLATES[code]["zh"], TEMPLATES[code]["en"]
    assert fields(chinese) == fields(english)
    told = reason(code, **{name: FACTS[name] for name in fields(english)})
    assert re.search("[一-鿿]", told.text("zh"))
    for name in fields(english):
        assert str(FACTS[name]) in told.text("zh") and str(FACTS[name]) in told.text("en")
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
