from __future__ import annotations

import re
from dataclasses import replace

import pytest

from callcenter.domain.standards import (
    KINDS,
    CollectRule,
    Forbidden,
    ForbiddenRule,
    PhraseRule,
    Rule,
    Severity,
    Standard,
)
from callcenter.standards import load_standard, standard_names
from callcenter.standards.explaining import Item, explain
from callcenter.standards.wording import ASIDE, GROUPS, words
from tests.unit.standards.rules import example

VANKE = load_standard("vanke")


def item(rule: Rule, language: str = "zh") -> Item:
    page = explain(replace(VANKE, rules=(rule,)), "en" if language == "en" else "zh")
    return page.groups[0].items[0]


@pytest.mark.parametrize("name", standard_names())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_is_on_the_page_once(name: str, language: str) -> None:
    standard = load_standard(name)
    page = explain(standard, "en" if language == "en" else "zh")
    shown = [each.id for group in page.groups for each in group.items]
    assert sorted(shown) == sorted(rule.id for rule in standard.rules)
    assert standard.digest in dict(page.facts).values()


@pytest.mark.parametrize("id", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_is_told_as_a_sentence(id: str, language: str) -> None:
    told = item(example(id), language).demand
    assert told and told == told.strip() and not re.search(r"[{}]|None", told)


def test_figures_stand_in_the_sentence() -> None:
    assert "3 声之内接起，即振铃不足 15 秒" in item(example("three_rings")).demand
    closing = PhraseRule(id="closing", title="结束语", source="x", clause="y", phrases=("再见",), last=9)
    assert item(closing).demand == "坐席最后说话的 9 秒之内致谢并道别。"
    apology = PhraseRule(
        id="apology_after_wait", title="致歉", source="x", clause="y", phrases=("久等",), window=7
    )
    assert item(apology).demand == "等候结束后 7 秒之内致歉或致谢。"
    assert item(replace(apology, window=None, within=5)).demand == "坐席开口后 5 秒之内致歉或致谢。"


def test_weight_and_gravity() -> None:
    plain = Rule(id="three_rings", title="三声", source="handbook", clause="A1")
    assert (item(plain).points, item(plain).grave) == ("1 分", "")
    told = replace(plain, weight=0)
    assert item(told).points == "只提示，不计分"
    grave = replace(plain, severity=Severity.SERIOUS, automatic_fail=True)
    assert item(grave).grave == "严重、一票否决"
    assert item(grave, "en").grave == "serious, automatic fail"
    assert dict(explain(replace(VANKE, rules=(grave,)), "zh").facts)["一票否决"] == "三声"


def test_where_a_rule_comes_from() -> None:
    plain = Rule(id="three_rings", title="三声", source="handbook", clause="A1")
    assert item(plain).source == "客服与呼叫中心手册"
    assert item(replace(plain, source="海棠花园")).source == "海棠花园"


def test_words_of_a_table_and_forbidden_words() -> None:
    asks = CollectRule(
        id="info_collected",
        title="问清",
        source="x",
        clause="y",
        asks={"household": ("您的【房号】",)},
        wanted={"repair": ("household", "surname")},
    )
    shown = {each.label: each.phrases for each in item(asks).words}
    assert shown == {"房号": ("您的【房号】",), "各类事由要问清的": ("工程维修：房号、姓氏",)}
    forbidden = ForbiddenRule(
        id="forbidden",
        title="忌语",
        source="x",
        clause="y",
        words=(Forbidden(word="喂", where="begins", proper=("喂，听得到吗",)), Forbidden(word="找谁")),
    )
    assert item(forbidden).words[0].phrases == ("喂（在句首）；但不算：「喂，听得到吗」", "找谁（任何位置）")


def test_names_of_others_are_set_aside_and_open_names_shown_where_they_count() -> None:
    opening = VANKE.rule("opening")
    assert opening is not None
    labels = {each.label: each.aside for each in item(opening).words}
    assert labels == {"问候语": False, "名称": False, "不是本单位的名称或用语": True}
    handbook = load_standard("handbook").rule("opening")
    assert handbook is not None
    assert "没有设定名称时，下列之一即可" in {each.label for each in item(handbook).words}


def test_both_languages_word_the_same() -> None:
    chinese, english = words("zh"), words("en")
    assert {section: set(texts) for section, texts in chinese.items()} == {
        section: set(texts) for section, texts in english.items()
    }
    for section, texts in chinese.items():
        for key, text in texts.items():
            places = re.findall(r"{[^}]*}", text)
            assert sorted(places) == sorted(re.findall(r"{[^}]*}", english[section][key])), key


def test_every_rule_has_its_group_and_every_list_its_label() -> None:
    assert sorted(id for ids in GROUPS.values() for id in ids) == sorted(KINDS)
    assert set(words("zh")["demand"]) == set(words("zh")["rule"]) == set(KINDS)
    assert set(words("zh")["group"]) == set(GROUPS)
    assert set(words("zh")["label"]) >= ASIDE


def test_a_standard_of_no_rule_of_a_group_leaves_it_out() -> None:
    page = explain(replace(VANKE, rules=(example("closing"),)), "zh")
    assert [group.title for group in page.groups] == ["结束"]
    assert isinstance(VANKE, Standard)
