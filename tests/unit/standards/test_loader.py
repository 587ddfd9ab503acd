from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from callcenter.domain.standards import OpeningRule, PhraseRule
from callcenter.standards import StandardError, load_standard, parse_standard, standard_names

VANKE = files("callcenter.standards").joinpath("vanke.toml").read_text("utf-8")


def test_vanke() -> None:
    standard = load_standard("vanke")
    assert (standard.name, standard.max_rings, standard.cadence.period) == ("vanke", 3, 5.0)
    assert [rule.id for rule in standard.rules] == [
        "three_rings",
        "opening",
        "anything_else",
        "closing",
        "caller_hangs_up_first",
        "private_call",
        "hotline_held",
    ]
    opening = standard.rule("opening")
    assert isinstance(opening, OpeningRule) and opening.names == ("万科物业",)
    assert standard.version


def test_every_rule_names_its_clause_and_where_it_comes_from() -> None:
    standard = load_standard("vanke")
    assert all(rule.clause and rule.title for rule in standard.rules)
    assert {rule.id: rule.source for rule in standard.rules} == {
        "three_rings": "vanke",
        "opening": "vanke",
        "anything_else": "handbook",
        "closing": "handbook",
        "caller_hangs_up_first": "handbook",
        "hotline_held": "service-centre",
        "private_call": "handbook",
    }


def test_cores_are_marked_within_the_phrases() -> None:
    closing = load_standard("vanke").rule("closing")
    assert isinstance(closing, PhraseRule)
    assert "【感谢】您的来电，【再见】" in closing.phrases


@pytest.mark.parametrize("name", standard_names())
def test_every_standard_that_ships_can_be_read(name: str) -> None:
    assert load_standard(name).name == name


def test_an_unknown_standard() -> None:
    with pytest.raises(StandardError, match=r"there is no standard 'nobody'; there are: .*vanke"):
        load_standard("nobody")


def test_a_standard_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(VANKE.replace("max_rings = 3", "max_rings = 4"), "utf-8")
    assert load_standard(str(path)).max_rings == 4
    with pytest.raises(StandardError, match="cannot read"):
        load_standard(str(tmp_path / "none.toml"))


def test_a_rule_may_be_left_out() -> None:
    head, _, tail = VANKE.partition("[rule.caller_hangs_up_first]")
    standard = parse_standard(head, "own.toml")
    assert tail and standard.rule("caller_hangs_up_first") is None
    assert len(standard.rules) == 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("max_rings = 3 ", "max_rings = 0 ", r"own\.toml: rings\.max_rings: "),
        ('name = "vanke"', 'nome = "vanke"', r"own\.toml: nome: "),
        (
            'greetings = ["您好"]',
            'greetings = ["hello"]',
            r"rule\.opening: 'hello' holds no Chinese",
        ),
        (
            '"【感谢】您的来电，【再见】"',
            '"【感谢您的来电"',
            r"rule\.closing: .*does not close it",
        ),
        ("[thresholds]", "[thresholds", r"own\.toml is not valid TOML"),
        ("absent = 0.", "absent = 0.0", r"thresholds\.sure must be below thresholds\.absent"),
        ("within = 4.0", "within = -1", r"rule\.opening: within must not be below 0"),
    ],
)
def test_errors_name_file_and_key(old: str, new: str, message: str) -> None:
    assert old in VANKE
    with pytest.raises(StandardError, match=message):
        parse_standard(VANKE.replace(old, new), "own.toml")
