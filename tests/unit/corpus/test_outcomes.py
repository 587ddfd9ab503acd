"""Flips are counted, and nothing else is one."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from callcenter.corpus.dialogues import Wanted
from callcenter.corpus.outcomes import Outcome, Result, Score, compare
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Reason

PASS, FAIL, UNSURE, PASSED_OVER = Verdict


def finding(rule: str, verdict: Verdict) -> Finding:
    return Finding(rule, verdict, "clause")


@pytest.mark.parametrize(
    ("wanted", "given", "result"),
    [
        (PASS, PASS, Result.RIGHT),
        (PASS, FAIL, Result.FLIP),
        (FAIL, PASS, Result.FLIP),
        (FAIL, UNSURE, Result.UNSURE),
        (UNSURE, UNSURE, Result.RIGHT),
        (UNSURE, PASS, Result.OTHER),
        (PASS, PASSED_OVER, Result.OTHER),
        (PASSED_OVER, FAIL, Result.OTHER),
        (PASS, None, Result.OTHER),
    ],
)
def test_results(wanted: Wanted, given: Verdict | None, result: Result) -> None:
    found = finding("opening", given) if given else None
    assert Outcome("one", "opening", wanted, found).result is result


def test_a_score_counts_by_rule_and_verdict() -> None:
    found = [finding("opening", PASS), finding("closing", FAIL), finding("offer_help", UNSURE)]
    score = Score(
        compare("one", {"opening": PASS, "closing": PASS, "offer_help": FAIL, "promise": FAIL}, found)
    )
    assert score.confusion["closing"] == {"pass": {"fail": 1}}
    assert score.confusion["promise"] == {"fail": {"none": 1}}
    assert (score.flips, score.unsure_share) == (1, 0.25)
    assert [outcome.rule for outcome in score.wrong] == ["closing", "offer_help", "promise"]


@pytest.mark.parametrize(
    ("within", "given"), [(7200, "pass"), (7230.0, "pass"), (10_800, "fail"), (None, "fail")]
)
def test_a_promise_is_right_where_its_time_is(within: float | None, given: str) -> None:
    args = {} if within is None else {"within": within}
    why = cast(Reason, SimpleNamespace(args=args))
    found = Finding("promise", PASS, "B3", reason=why)
    assert Outcome("one", "promise", timedelta(hours=2), found).given == given


def test_an_empty_score_has_no_share() -> None:
    assert Score(()).unsure_share == 0.0
    assert Outcome("one", "promise", timedelta(hours=2), None).verdict_wanted is PASS
