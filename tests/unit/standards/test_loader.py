from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.domain.standards import OpeningRule, PhraseRule
from callcenter.settings import Desk
from callcenter.standards import StandardError, desk_standard, load_standard, parse_standard

OWN = """
extends = "handbook"
name = "own"
title = "海棠花园服务标准"
version = "1"
"""


def desk(**more: object) -> Desk:
    return Desk.model_validate({"id": "bar", "number": "8000", "name": "水吧", "agents": ["1"], **more})


def test_vanke() -> None:
    standard = load_standard("vanke")
    assert (standard.name, standard.max_rings, standard.cadence.period) == ("vanke", 3, 5.0)
    opening = standard.rule("opening")
    assert isinstance(opening, OpeningRule) and opening.names == ("万科物业",)
    assert load_standard("vanke") is standard


def test_cores_are_marked_within_the_phrases() -> None:
    closing = load_standard("vanke").rule("closing")
    assert isinstance(closing, PhraseRule)
    assert "【感谢】您的来电，【再见】" in closing.phrases


def test_an_unknown_standard() -> None:
    with pytest.raises(StandardError, match=r"there is no standard 'nobody'.*; there are: .*vanke"):
        load_standard("nobody")
    with pytest.raises(StandardError, match="did you mean 'vanke'"):
        load_standard("vanka")


def test_a_standard_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN + "rings.max_rings = 4\n", "utf-8")
    own = load_standard(str(path))
    assert (own.name, own.max_rings) == ("own", 4)
    assert own.rules == load_standard("handbook").rules
    assert own.thresholds == load_standard("handbook").thresholds
    with pytest.raises(StandardError, match=r"none\.toml: file: cannot be read: No such file"):
        load_standard(str(tmp_path / "none.toml"))


def test_rules_stand_in_the_order_of_a_call() -> None:
    text = OWN + '[rule.closing]\nlast = 9\n[rule.opening]\nnames = ["海棠物业"]\n'
    ids = [rule.id for rule in parse_standard(text, "own.toml").rules]
    assert ids.index("opening") < ids.index("closing")


def test_a_key_of_a_rule_is_overridden_and_the_others_are_inherited() -> None:
    own = parse_standard(OWN + "[rule.closing]\nlast = 9\n", "own.toml").rule("closing")
    inherited = load_standard("handbook").rule("closing")
    assert isinstance(own, PhraseRule) and isinstance(inherited, PhraseRule)
    assert (own.last, own.phrases, own.clause) == (9.0, inherited.phrases, inherited.clause)


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = OWN.replace("version", "verzion") + "[rule.opning]\n[rule.closing]\nlast = '9'\n"
    with pytest.raises(StandardError) as told:
        parse_standard(text, "own.toml")
    assert str(told.value).splitlines() == [
        "own.toml: version: is missing: every standard has its own",
        "own.toml: verzion: there is no such key; did you mean 'version'?",
        "own.toml: rule.opning: there is no such rule; did you mean 'opening'?",
        "own.toml: rule.closing.last: must be a valid number, not '9'",
    ]


def test_a_name_that_ships_is_taken() -> None:
    with pytest.raises(StandardError, match="name: 'vanke' is a standard that ships"):
        parse_standard(OWN.replace('"own"', '"vanke"'), "own.toml")


def test_a_desk_overrides_its_standard() -> None:
    plain, named = (
        desk(standard="sunac"),
        desk(standard="sunac", override={"rule": {"opening": {"names": ["水吧"]}}}),
    )
    assert desk_standard(plain) is load_standard("sunac")
    own = desk_standard(named)
    opening = own.rule("opening")
    assert isinstance(opening, OpeningRule) and opening.names == ("水吧",)
    assert (own.name, own.version) == ("sunac", load_standard("sunac").version)
    assert own.digest != load_standard("sunac").digest
    assert desk_standard(named) is own


def test_a_desk_has_a_limit_of_its_own() -> None:
    bar = desk_standard(desk(standard="sunac", max_rings=4))
    assert bar.max_rings == 4 and bar.digest != load_standard("sunac").digest


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"name": "bar"}, r"\[\[desk\]\] bar: override: name: is the standard's own"),
        ({"rings": {"max_rings": 4}}, "rings.max_rings: is written as max_rings of the desk"),
        ({"rule": {"opening": {"nmaes": ["x"]}}}, "rule.opening.nmaes: there is no such key.*'names'"),
        ({"ring": {}}, "override: ring: there is no such key; did you mean 'rings'"),
    ],
)
def test_what_a_desk_may_not_say(override: dict[str, object], message: str) -> None:
    with pytest.raises(StandardError, match=message):
        desk_standard(desk(standard="sunac", override=override))
