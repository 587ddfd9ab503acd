from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.findings import Verdict
from callcenter.domain.scorecards import Weight, kept_weights, score_call

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
WEIGHTS = {
    "opening": Weight(10.0),
    "closing": Weight(30.0),
    "forced_hangup": Weight(20.0, automatic_fail=True),
    "private_call": Weight(0.0),
}


def test_points() -> None:
    card = score_call({"opening": PASS, "closing": FAIL}, WEIGHTS)
    assert (card.gained, card.possible, card.score, card.failed) == (10.0, 40.0, 25.0, False)


def test_what_nobody_decided_is_in_no_sum_and_is_told() -> None:
    card = score_call({"opening": PASS, "closing": UNSURE, "forced_hangup": NOT}, WEIGHTS)
    assert card.score == 100.0
    assert (card.unsure, card.not_applicable) == (("closing",), ("forced_hangup",))


def test_an_automatic_fail_takes_all() -> None:
    card = score_call({"opening": PASS, "closing": PASS, "forced_hangup": FAIL}, WEIGHTS)
    assert (card.score, card.failed, card.failed_by) == (0.0, True, ("forced_hangup",))
    assert card.earned == pytest.approx(100 * 40 / 60)
    assert not score_call({"opening": PASS, "forced_hangup": UNSURE}, WEIGHTS).failed


@pytest.mark.parametrize(
    "verdicts", [{}, {"opening": NOT}, {"private_call": FAIL}, {"unheard_of": FAIL}, {"closing": UNSURE}]
)
def test_nothing_that_counts(verdicts: dict[str, Verdict]) -> None:
    card = score_call(verdicts, WEIGHTS)
    assert card.score is None and not card.failed


def test_an_automatic_fail_without_points() -> None:
    weights = {"forbidden": Weight(0.0, automatic_fail=True)}
    assert score_call({"forbidden": FAIL}, weights).score == 0.0
    assert score_call({"forbidden": PASS}, weights).score is None


@given(
    st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.sampled_from(Verdict)),
    st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.builds(Weight, st.floats(0, 100), st.booleans())),
)
def test_a_score_lies_between_0_and_100(verdicts: dict[str, Verdict], weights: dict[str, Weight]) -> None:
    card = score_call(verdicts, weights)
    assert card.score is None or 0 <= card.score <= 100.0000001
    for rule in card.unsure:
        better = score_call({**verdicts, rule: PASS}, weights).score
        worse = score_call({**verdicts, rule: FAIL}, weights).score
        assert better is None or worse is None or better >= worse


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [((PASS, FAIL, UNSURE), "fail"), ((NOT, UNSURE, PASS), "unsure"), ((NOT,), ""), ((), "")],
)
def test_the_worst_verdict(verdicts: tuple[Verdict, ...], worst: str) -> None:
    assert score_call({str(at): verdict for at, verdict in enumerate(verdicts)}, WEIGHTS).worst == worst


def test_weights_as_they_are_kept() -> None:
    kept = {"closing": {"weight": 30, "automatic_fail": False, "title": "结束语"}}
    assert kept_weights(kept) == {"closing": Weight(30.0)}
