"""Which calls are drawn for review."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.reviews import Cause
from callcenter.domain.sampling import Candidate, Drawn, SamplingRules, chance, draw

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NONE = SamplingRules()
ALL = SamplingRules(1.0, 60.0, timedelta(days=30), 1.0, 0.0)
OLD = NOW - timedelta(days=400)
CALL = Candidate("c1", 90.0, False, OLD)


@pytest.mark.parametrize(
    ("call", "cause"),
    [
        (CALL, Cause.RANDOM),
        (replace(CALL, agent_since=NOW - timedelta(days=29)), Cause.NEW_AGENT),
        (replace(CALL, agent_since=NOW - timedelta(days=30)), Cause.RANDOM),
        (replace(CALL, score=59.9), Cause.LOW_SCORE),
        (replace(CALL, failed=True), Cause.LOW_SCORE),
        (replace(CALL, score=1.0, complaint=True), Cause.COMPLAINT),
        (replace(CALL, score=None, agent_since=None), Cause.RANDOM),
    ],
)
def test_the_weightiest_reason(call: Candidate, cause: Cause) -> None:
    assert draw(call, ALL, NOW, "s") == Drawn(cause, 1)


def test_without_rules_an_automatic_fail_is_still_looked_at() -> None:
    assert draw(replace(CALL, score=0.0), NONE, NOW, "s") is None
    assert draw(replace(CALL, complaint=True), NONE, NOW, "s") == Drawn(Cause.COMPLAINT, 1)
    assert draw(replace(CALL, failed=True), NONE, NOW, "s") == Drawn(Cause.LOW_SCORE, 1)


def test_the_share_that_is_drawn_is_the_one_asked_for() -> None:
    calls = [replace(CALL, call_id=f"c{number}") for number in range(4000)]
    rules = SamplingRules(random_share=0.05, double_share=0.3)
    drawn = [found for call in calls if (found := draw(call, rules, NOW, "s"))]
    assert len(drawn) == pytest.approx(200, abs=45)
    assert sum(each.people == 2 for each in drawn) == pytest.approx(len(drawn) * 0.3, abs=25)


def test_a_drawing_can_be_done_again_and_another_seed_draws_others() -> None:
    calls = [f"c{number}" for number in range(300)]

    def lot(seed: str) -> set[str]:
        return {call for call in calls if chance(seed, "random", call) < 0.2}

    assert lot("a") == lot("a")
    assert len(lot("a") & lot("b")) < 30
    assert chance("a", "double", "c1") != chance("a", "random", "c1")
