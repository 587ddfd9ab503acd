"""The five standards that ship: complete, judged in every rule, each with its sources."""

from __future__ import annotations

import pytest

from callcenter.domain.standards import KINDS, OpeningRule, Standard
from callcenter.judging.judging import JUDGES
from callcenter.standards import load_standard, standard_names

NAMES = {
    "vanke": ("万科物业",),
    "gaowei": ("高卫物业", "管理处"),
    "sunac": ("融创物业", "海逸长洲"),
    "service-centre": (),
    "handbook": (),
}
STANDARDS = [load_standard(name) for name in standard_names()]


@pytest.fixture(params=STANDARDS, ids=lambda standard: standard.name)
def standard(request: pytest.FixtureRequest) -> Standard:
    assert isinstance(request.param, Standard)
    return request.param


def test_every_rule_has_a_judge(standard: Standard) -> None:
    assert {rule.id for rule in standard.rules} - set(JUDGES) == set()


def test_the_rules_stand_in_the_order_of_a_call(standard: Standard) -> None:
    ids = [rule.id for rule in standard.rules]
    assert ids == [id for id in KINDS if id in ids]


def test_every_rule_names_its_clause_and_a_source(standard: Standard) -> None:
    for rule in standard.rules:
        assert rule.source in standard_names(), rule.id
        assert rule.clause[:1] in "AB" and any("\u4e00" <= letter <= "\u9fff" for letter in rule.clause), (
            rule.id
        )


def test_a_rule_of_ones_own_stands_under_ones_own_name() -> None:
    for each in ("vanke", "gaowei", "sunac", "service-centre"):
        opening = load_standard(each).rule("opening")
        assert opening and opening.source == each


def test_names(standard: Standard) -> None:
    opening = standard.rule("opening")
    assert isinstance(opening, OpeningRule)
    assert opening.names == NAMES[standard.name]
    assert not set(opening.names) & set(opening.rivals)
    assert opening.any_name


def test_the_clause_is_not_said_of_another_source() -> None:
    """Vanke's instruction says nothing of closing: it has the handbook's."""
    closing = load_standard("vanke").rule("closing")
    assert closing == load_standard("handbook").rule("closing")


def test_digests_differ() -> None:
    assert len({standard.digest for standard in STANDARDS}) == len(STANDARDS)
