"""Every mistake that a hand can make in a standard's file, and what it is told."""

from __future__ import annotations

import tomllib

import pytest

from callcenter.domain.standards import KINDS
from callcenter.standards.loader import key_of
from callcenter.standards.shape import check_file, check_override, hints_of

HEAD = 'name = "own"\ntitle = "标准"\nversion = "1"\n'
NO_KEY, NO_ITEM, NO_MATTER = (f"there is no such {what}" for what in ("key", "item", "kind of matter"))


def problems(text: str) -> list[str]:
    return [f"{key_of(path)}: {reason}" for path, reason in check_file(tomllib.loads(HEAD + text))]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("rings.max_rings", "0", "must be greater than or equal to 1, not 0"),
        ("rings.max_rings", "'3'", "must be a valid integer, not '3'"),
        ("rings", "3", "must be a table, not 3"),
        ("rings.cadence.tone", "-1", "must be greater than 0, not -1"),
        ("thresholds.shure", "0.2", f"{NO_KEY}; did you mean 'sure'?"),
        ("thresholds.sure", "nan", "must be a number that has an end"),
        ("rule.closing", "3", "must be a table, not 3; a rule is switched off by off = true in it"),
        ("rule.closing.of", "true", f"{NO_KEY} in the rule closing; did you mean 'off'?"),
        ("rule.closing.off", "1", "must be a valid boolean, not 1"),
        ("rule.closing.phrases", "'再见'", "must be a list, such as [\"…\"], not '再见'"),
        ("rule.closing.add", "['再见']", 'must say of which list, as add.phrases = ["…"]'),
        ("rule.closing.add.frases", "['再见']", "there is no such list; did you mean 'phrases'?"),
        ("rule.closing.add.last", "3", "there is no such list; there are: others, partial, phrases"),
        ("rule.closing.last", "2026-01-01", "must not be a date or a time"),
        ("rule.closing.last", "-1", "must not be below 0"),
        ("rule.closing.clause", "' '", "must not be empty"),
        ("rule.closing.severity", "'grave'", "must be 'minor', 'normal' or 'serious', not 'grave'"),
        ("rule.too_soft.limit", "26", "is a level in dBov, 0 or below: -26 is what telephones aim at"),
        ("rule.repeat_back.share", "60", "is a part of the whole: between 0 and 1"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_to_do(key: str, value: str, told: str) -> None:
    assert problems(f"{key} = {value}") == [f"{key}: {told}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("closing.phrases = [3]", 'closing.phrases[0]: must be a text in "…", not 3'),
        ("closing.phrases = ['再见', 'a']", "closing.phrases[1]: 'a' holds no Chinese to listen for"),
        ("closing.add.partial = ['【见']", "closing.add.partial[0]: '【见' opens 【 and does not close it"),
        (
            "forbidden.words = [{ wort = '喂', word = '喂' }]",
            "forbidden.words[0].wort: a forbidden word has no such key; did you mean 'word'?",
        ),
        (
            "forbidden.words = [{ word = '喂', where = 'beginning' }]",
            "forbidden.words[0]: where must be alone, begins, ends or anywhere",
        ),
        (
            "forbidden.add.words = ['喂']",
            "forbidden.add.words[0]: must be a table, such as { word = \"…\" }, not '喂'",
        ),
        (
            "info_collected.asks.room = ['房号']",
            f"info_collected.asks.room: {NO_ITEM}; there are: household, matter, surname, telephone",
        ),
        (
            "info_collected.wanted.repair = ['surnam']",
            f"info_collected.wanted.repair[0]: {NO_ITEM}; did you mean 'surname'?",
        ),
        (
            "info_collected.wanted.repairs = ['surname']",
            f"info_collected.wanted.repairs: {NO_MATTER}; did you mean 'repair'?",
        ),
        (
            "ticket_linked.kinds = ['complain']",
            f"ticket_linked.kinds[0]: {NO_MATTER}; did you mean 'complaint'?",
        ),
        ("promise.limits = { lokup = 900 }", f"promise.limits.lokup: {NO_MATTER}; did you mean 'lookup'?"),
        ("promise.workdays = { complaint = -1 }", "promise.workdays.complaint: must not be below 0"),
        ("promise.limits = { lookup = 'soon' }", "promise.limits.lookup: must be a valid number, not 'soon'"),
    ],
)
def test_a_mistake_within_a_list_or_a_table(text: str, told: str) -> None:
    assert problems(f"rule.{text}") == [f"rule.{told}"]


def test_what_is_well_is_not_told() -> None:
    closing = "[rule.closing]\nadd.phrases = ['再会']\nremove.phrases = ['再见']\n"
    assert problems(f"rings.max_rings = 4\n{closing}[rule.forbidden]\nremove.words = ['喂']") == []


def test_a_file_has_its_own_name_and_an_override_has_none() -> None:
    assert [path for path, _ in check_file({})] == [("name",), ("title",), ("version",)]
    assert list(check_override({})) == []
    wrong = check_override({"extends": "vanke", "rings": {"max_rings": 4}})
    assert [path for path, _ in wrong] == [("extends",), ("rings", "max_rings")]


@pytest.mark.parametrize("id", KINDS)
def test_every_rule_has_keys_with_types(id: str) -> None:
    assert {"title", "source", "clause", "weight"} <= set(hints_of(id))
