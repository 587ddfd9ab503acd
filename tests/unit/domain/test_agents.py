"""An agent's state: the table, the wish that is kept, the telephone that comes and goes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.agents import (
    AT_REST,
    NO_PHONE,
    TABLE,
    WISHES,
    Agent,
    Event,
    Illegal,
    State,
    moved,
    newcomer,
)
from sip.moment import Moment

T0 = Moment(datetime(2026, 11, 22, tzinfo=UTC), 100.0)


def after(*events: Event | tuple[Event, str], agent: Agent | None = None) -> Agent:
    """An agent with a telephone to whom all that happened, a second apart."""
    agent, at = agent or moved(newcomer("1", T0), Event.PHONE_BACK, T0), T0
    for each in events:
        event, reason = each if isinstance(each, tuple) else (each, None)
        at = at.plus(1.0)
        agent = moved(agent, event, at, reason)
    return agent


def test_a_newcomer_is_ready_as_soon_as_their_telephone_registers() -> None:
    new = newcomer("1", T0)
    assert (new.state, new.reason, new.free, new.present) == (State.SIGNED_OFF, NO_PHONE, False, False)
    there = moved(new, Event.PHONE_BACK, T0)
    assert (there.state, there.reason, there.free, there.present) == (State.READY, None, True, True)


def test_a_call() -> None:
    states = [after(*[Event.RING, Event.ANSWER, Event.HANG_UP, Event.WRAPPED_UP][:n]).state for n in range(5)]
    assert states == [State.READY, State.RINGING, State.TALKING, State.WRAP_UP, State.READY]


def test_since_is_when_the_state_began() -> None:
    talking = after(Event.RING, Event.ANSWER, Event.ANSWER)
    assert talking.since.mono == 102.0
    assert after(Event.RING, Event.ANSWER, Event.HANG_UP).idle_since == 103.0
    assert after(Event.RING, Event.GIVE_UP).idle_since == 100.0  # not their doing


def test_who_lets_it_ring_is_set_aside_until_they_say_so_or_use_their_telephone() -> None:
    aside = after(Event.RING, (Event.MISS, "no_answer"))
    assert (aside.state, aside.reason, aside.free, aside.present) == (
        State.SET_ASIDE,
        "no_answer",
        False,
        False,
    )
    assert after(Event.READY, agent=aside).free
    assert after(Event.CALL, Event.HANG_UP, Event.WRAPPED_UP, agent=aside).free
    assert after(Event.RING, Event.GIVE_UP, agent=aside).state is State.SET_ASIDE


def test_who_is_set_aside_for_a_moment_may_be_hoped_for() -> None:
    assert after(Event.RING, (Event.MISS, "busy")).present


@pytest.mark.parametrize("wish", list(WISHES))
@pytest.mark.parametrize("work", [(Event.RING,), (Event.RING, Event.ANSWER)])
def test_a_wish_made_at_work_is_kept(wish: Event, work: tuple[Event, ...]) -> None:
    wished = after(*work, (wish, "lunch"))
    assert wished.state is after(*work).state
    done = after(Event.ANSWER, Event.HANG_UP, Event.WRAPPED_UP, agent=wished)
    assert done.state is WISHES[wish]
    assert done.reason == (None if done.state is State.READY else "lunch")


def test_a_wish_in_wrap_up_ends_it() -> None:
    wrapping = after(Event.RING, Event.ANSWER, Event.HANG_UP)
    assert after(Event.READY, agent=wrapping).free
    assert after((Event.BREAK, "meal"), agent=wrapping).reason == "meal"


def test_a_break_that_was_wished_for_weighs_more_than_the_missed_call() -> None:
    missed = after(Event.RING, (Event.BREAK, "meal"), (Event.MISS, "no_answer"))
    assert (missed.state, missed.reason) == (State.BREAK, "meal")


def test_a_call_during_a_break_leads_back_to_the_break() -> None:
    talking = after((Event.BREAK, "meal"), Event.RING, Event.ANSWER)
    assert talking.state is State.TALKING
    back = after(Event.HANG_UP, Event.WRAPPED_UP, agent=talking)
    assert (back.state, back.reason) == (State.BREAK, "meal")


def test_the_telephone_goes_and_comes() -> None:
    assert after(Event.PHONE_GONE).reason == NO_PHONE
    assert after(Event.PHONE_GONE, Event.PHONE_BACK).free
    assert after(Event.SIGN_OFF, Event.PHONE_GONE, Event.PHONE_BACK).state is State.SIGNED_OFF
    assert after((Event.BREAK, "meal"), Event.PHONE_GONE, Event.PHONE_BACK).reason == "meal"
    assert after((Event.BREAK, "meal"), Event.PHONE_GONE, Event.READY).reason == NO_PHONE
    assert after(Event.CALL, Event.PHONE_GONE, Event.HANG_UP, Event.WRAPPED_UP).reason == NO_PHONE
    assert after(Event.CALL, Event.PHONE_GONE, Event.PHONE_BACK, Event.HANG_UP, Event.WRAPPED_UP).free


def test_what_cannot_happen_raises() -> None:
    with pytest.raises(Illegal, match="hang_up cannot happen to an agent who is ready"):
        after(Event.HANG_UP)


def test_every_state_has_its_row() -> None:
    assert set(TABLE) == set(State)


@given(
    st.lists(st.tuples(st.sampled_from(Event), st.none() | st.sampled_from(["meal", "busy", "no_answer"])))
)
def test_whatever_happens_the_value_is_sound(events: list[tuple[Event, str | None]]) -> None:
    agent, at = newcomer("1", T0), T0
    for event, reason in events:
        at = at.plus(1.0)
        try:
            agent = moved(agent, event, at, reason)
        except Illegal:
            continue
        resting = agent.after if agent.at_work else agent.state
        assert resting in AT_REST
        assert agent.free == (agent.state is State.READY)  # nobody is ready without a telephone
        assert agent.phone or resting not in (State.READY, State.SET_ASIDE)
        assert agent.idle_since <= agent.since.mono or agent.state is not State.READY
        assert agent.reason is None or not agent.at_work
