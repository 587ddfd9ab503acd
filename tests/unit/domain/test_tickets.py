"""Kinds and states of tickets."""

from __future__ import annotations

import pytest

from callcenter.domain.tickets import (
    FINAL,
    KIND_IDS,
    KINDS,
    ONE_KEY_KINDS,
    TRANSITIONS,
    TicketRuleError,
    TicketState,
    matter_kind,
    move,
    ticket_kind,
)


@pytest.mark.parametrize("current", TicketState)
@pytest.mark.parametrize("wanted", TicketState)
def test_only_the_table_decides(current: TicketState, wanted: TicketState) -> None:
    if wanted in TRANSITIONS[current]:
        assert move(current, wanted) is wanted
    else:
        with pytest.raises(TicketRuleError, match=f"is {current} cannot become {wanted}; allowed: "):
            move(current, wanted)


def test_final_states_stay() -> None:
    assert {TicketState.CLOSED, TicketState.CANCELLED} == FINAL


def test_every_state_can_be_reached_and_left_for_an_end() -> None:
    reached = {TicketState.OPEN}
    for _ in TicketState:
        reached |= {state for each in reached for state in TRANSITIONS[each]}
    assert reached == set(TicketState)


def test_kinds() -> None:
    assert len(KIND_IDS) == len(KINDS)
    assert all(kind.zh and kind.en for kind in KINDS)
    assert ticket_kind("repair").household
    assert {kind.id for kind in ONE_KEY_KINDS} == {"wrong_number", "courier", "spam"}
    assert matter_kind("spam").ticket is False
    for bad in ("spam", "nothing", ""):
        with pytest.raises(TicketRuleError):
            ticket_kind(bad)
    with pytest.raises(TicketRuleError):
        matter_kind("nothing")
