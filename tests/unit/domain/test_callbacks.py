from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callcenter.domain.callbacks import (
    CALLED_AGAIN,
    REACHED,
    TRANSITIONS,
    UNFINISHED,
    CallbackError,
    Reason,
    State,
    can_be_called,
    move,
    reason_for,
    settled_by,
    weightier,
)
from callcenter.domain.calls import Direction, Outcome
from tests.unit.store.facts import answered, at, call

ENDED: dict[str, Any] = {"ended_at": at(30)}


def test_who_can_be_called_back() -> None:
    assert all(map(can_be_called, ("13800138000", "02112345678", "+4930123456", "8601")))
    assert not any(map(can_be_called, ("anonymous", "", "1", "138-0013-8000")))


@pytest.mark.parametrize(
    "outcome, reason",
    [
        (Outcome.ABANDONED, Reason.ABANDONED),
        (Outcome.NO_ANSWER, Reason.MISSED),
        (Outcome.BUSY, Reason.MISSED),
        (Outcome.INTERRUPTED, Reason.MISSED),
        (Outcome.CLOSED, Reason.MISSED),
        (Outcome.MESSAGE, Reason.MESSAGE),
        (Outcome.CALLBACK, Reason.REQUESTED),
        (None, None),
    ],
)
def test_who_was_not_answered_is_called_back(outcome: Outcome | None, reason: Reason | None) -> None:
    assert reason_for(call(outcome=outcome, **ENDED)) is reason


def test_nothing_is_owed_to_others() -> None:
    missed = call(outcome=Outcome.ABANDONED, **ENDED)
    assert reason_for(answered(outcome=Outcome.ANSWERED, **ENDED)) is None
    assert reason_for(answered(outcome=Outcome.INTERRUPTED, **ENDED)) is None
    assert reason_for(replace(missed, direction=Direction.INTERNAL)) is None
    assert reason_for(replace(missed, direction=Direction.OUTBOUND)) is None
    assert reason_for(replace(missed, caller="anonymous")) is None


def test_a_call_settles_the_number_that_was_talked_with() -> None:
    outbound = answered(direction=Direction.OUTBOUND, caller="8001", callee="13800000000")
    assert settled_by(answered()) == ("13800000000", CALLED_AGAIN)
    assert settled_by(outbound) == ("13800000000", REACHED)
    assert settled_by(call()) is None
    assert settled_by(answered(outcome=Outcome.MESSAGE, **ENDED)) is None
    assert settled_by(answered(direction=Direction.INTERNAL)) is None


def test_what_the_caller_asked_for_weighs_more() -> None:
    assert weightier(Reason.MISSED, Reason.REQUESTED) is Reason.REQUESTED
    assert weightier(Reason.MESSAGE, Reason.ABANDONED) is Reason.MESSAGE


def test_states_follow_the_table() -> None:
    assert UNFINISHED == (State.OPEN, State.CLAIMED)
    for current, following in TRANSITIONS.items():
        for wanted in State:
            if wanted in following:
                assert move(current, wanted) is wanted
            else:
                with pytest.raises(CallbackError, match="allowed"):
                    move(current, wanted)
