"""The table of an INVITE session, drawn as it should be: what ends it from where."""

from __future__ import annotations

from sip.session_table import TABLE, Event, State


def test_only_a_call_that_rings_in_can_be_answered() -> None:
    assert [state for state, event in TABLE if event is Event.ANSWER] == [State.INCOMING]


def test_a_hang_up_before_the_ack_waits() -> None:
    """RFC 3261 section 15."""
    assert TABLE[State.ANSWERED, Event.HANGUP] is State.HANGUP_WANTED
    assert (State.HANGUP_WANTED, Event.HANGUP) not in TABLE


def test_a_cancel_before_any_response_waits() -> None:
    """RFC 3261 section 9.1."""
    assert TABLE[State.CALLING, Event.CANCEL] is State.CANCEL_WANTED
    assert TABLE[State.CANCEL_WANTED, Event.PROVISIONAL] is State.CANCELLING
