from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.standards import OpeningRule, PhraseRule, Rule
from callcenter.standards import load_standard, standard_names
from callcenter.standards.remarks import remarks
from tests.unit.standards.rules import example

VANKE = load_standard("vanke")


def said(rule: Rule) -> list[str]:
    return remarks(replace(VANKE, rules=(rule,)))


@pytest.mark.parametrize("name", standard_names())
def test_nothing_is_to_be_said_of_those_that_ship(name: str) -> None:
    assert remarks(load_standard(name)) == []


def test_phrases() -> None:
    rule = example("closing", phrases=("再见", "感谢您的来电，再见", "感谢你的来电，再见"))
    assert said(rule) == [
        "rule.closing.phrases: '再见' is so short that much else sounds like it",
    ]
    same = example("closing", phrases=("请问您的房号", "请问您的防号"))
    assert isinstance(same, PhraseRule)
    assert said(same) == [
        "rule.closing.phrases: '请问您的房号' and '请问您的防号' sound the same: one will do",
    ]
    assert said(replace(same, phrases=("请问您的房号",), window=3.0)) == [
        "rule.closing.window: is not looked at in this rule"
    ]


def test_a_name_that_is_a_rival_too() -> None:
    opening = VANKE.rule("opening")
    assert isinstance(opening, OpeningRule)
    assert said(replace(opening, rivals=("万科物业",))) == [
        "rule.opening: '万科物业' is in names and in rivals: it counts as a name"
    ]


def test_items_that_nothing_asks_for() -> None:
    rule = example(
        "info_collected", asks={"household": ("房号",)}, wanted={"repair": ("household", "surname")}
    )
    assert said(rule) == ["rule.info_collected.wanted.repair: nothing in asks asks for 'surname'"]
    empty = example("info_collected", asks={"household": ("房号",)})
    assert said(empty) == ["rule.info_collected.wanted: nothing is wanted of any matter"]


def test_weights() -> None:
    assert said(example("three_rings", weight=0.0)) == [
        "rule: no rule has a weight: every call scores nothing"
    ]
    grave = example("three_rings", weight=0.0, automatic_fail=True)
    assert "rule.three_rings: automatic_fail without a weight: whoever fails it fails the call" in said(grave)
