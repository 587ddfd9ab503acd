from __future__ import annotations

from typing import Any

import pytest

from callcenter.domain.standards import KINDS, Rule, WaitRule
from callcenter.standards.building import build, required
from callcenter.standards.errors import StandardError

RULE = {"title": "三声", "source": "own", "clause": "1"}
EXTEND = 'or extend a standard (extends = "handbook")'
WHOLE: dict[str, Any] = {
    "name": "own",
    "title": "标准",
    "version": "1",
    "rings": {"max_rings": 3, "cadence": {"pause": 2}},
    "thresholds": {"sure": 0.2, "absent": 0.45, "spot": 0.13},
    "rule": {"three_rings": RULE},
}


def test_a_standard() -> None:
    standard = build(WHOLE, "own.toml")
    assert standard.rules == (Rule(id="three_rings", title="三声", source="own", clause="1"),)
    assert (standard.max_rings, standard.cadence.period) == (3, 3.0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rings": {}}, f"own.toml: rings.max_rings: is missing: write it, {EXTEND}"),
        ({"rule": {}}, f"own.toml: rule: there is no rule: write some, {EXTEND}"),
        ({"rule": {"closing": RULE}}, "own.toml: rule.closing.phrases: is missing"),
        ({"rule": {"three_rings": {"title": "三声"}}}, "own.toml: rule.three_rings.source: is missing\n"
                                                       "own.toml: rule.three_rings.clause: is missing"),
        (
            {"thresholds": {"sure": 0.5, "absent": 0.45, "spot": 0.13}},
            "own.toml: thresholds: thresholds.sure must be below thresholds.absent",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_or_does_not_go_together(change: dict[str, Any], told: str) -> None:
    with pytest.raises(StandardError) as error:
        build({**WHOLE, **change}, "own.toml")
    assert str(error.value) == told


def test_needed_keys() -> None:
    assert required(WaitRule) == ["title", "source", "clause", "limit", "silence", "asks"]
    assert all({"title", "source", "clause"} <= set(required(kind)) for kind in KINDS.values())
