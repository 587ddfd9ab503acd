from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.standards import CollectRule, PhraseRule, Rule, Severity, Standard, Thresholds

CLOSING = PhraseRule(id="closing", title="结束语", source="own", clause="1", phrases=("再见",), last=15.0)
ASKS = CollectRule(
    id="info_collected",
    title="询问",
    source="own",
    clause="2",
    asks={"household": ("请问您的房号",), "surname": ("请问您贵姓",)},
    wanted={"repair": ("household", "surname")},
)
OWN = Standard("own", "自己的", "1", 3, Thresholds(0.2, 0.45, 0.13), (CLOSING, ASKS))


def test_the_same_content_has_the_same_digest() -> None:
    assert replace(OWN).digest == OWN.digest and len(OWN.digest) == 12
    turned = replace(ASKS, asks=dict(reversed(list(ASKS.asks.items()))))
    assert replace(OWN, rules=(CLOSING, turned)).digest == OWN.digest
    assert OWN.edition == f"1+{OWN.digest}"


@pytest.mark.parametrize(
    "other",
    [
        replace(OWN, rules=(replace(CLOSING, phrases=("再会",)), ASKS)),
        replace(OWN, rules=(replace(CLOSING, weight=2.0), ASKS)),
        replace(OWN, rules=(replace(CLOSING, severity=Severity.SERIOUS), ASKS)),
        replace(OWN, rules=(CLOSING,)),
        replace(OWN, max_rings=4),
        replace(OWN, thresholds=Thresholds(0.2, 0.45, 0.14)),
        replace(OWN, version="2"),
    ],
)
def test_whatever_is_changed_makes_another_digest(other: Standard) -> None:
    assert other.digest != OWN.digest


def test_a_default_that_is_written_out_changes_nothing() -> None:
    """So a key that a later release adds, with a default, judges no call anew."""
    plain = Rule(id="three_rings", title="三声", source="own", clause="1")
    written = Rule(id="three_rings", title="三声", source="own", clause="1", weight=1.0, automatic_fail=False)
    assert replace(OWN, rules=(plain,)).digest == replace(OWN, rules=(written,)).digest
