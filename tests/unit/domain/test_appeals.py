"""Who may appeal until when, and who may answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain.appeals import AppealError, AppealState, appeal_until, check_answer, check_appeal
from callcenter.domain.findings import Verdict

KNOWN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
UNTIL = appeal_until(KNOWN, timedelta(days=7))


def test_within_the_time_by_who_took_the_call() -> None:
    check_appeal(Verdict.FAIL, "8001", ("8001", "8002"), "说了您好", UNTIL, UNTIL)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"by": "8003"}, "did not take this call"),
        ({"verdict": Verdict.PASS}, "against a fail"),
        ({"reason": " "}, "wants a reason"),
        ({"now": UNTIL + timedelta(seconds=1)}, "ended at 2026-11-27T08:00"),
    ],
)
def test_what_is_refused(changes: dict[str, object], told: str) -> None:
    values: dict[str, object] = {
        "verdict": Verdict.FAIL, "by": "8001", "agents": ("8001",), "reason": "x", "now": KNOWN,
        "until": UNTIL,
    }  # fmt: skip
    with pytest.raises(AppealError, match=told):
        check_appeal(**{**values, **changes})  # type: ignore[arg-type]


def test_an_answer_comes_once_from_somebody_else_with_a_reason() -> None:
    check_answer(AppealState.OPEN, "8009", ("8001",), "听过录音")
    for state, by, reason, told in (
        (AppealState.REJECTED, "8009", "x", "answered already"),
        (AppealState.OPEN, "8001", "x", "somebody else"),
        (AppealState.OPEN, "8009", "", "wants a reason"),
    ):
        with pytest.raises(AppealError, match=told):
            check_answer(state, by, ("8001",), reason)
