"""Agents as calls, telephones, wishes and timers move them."""

from __future__ import annotations

from collections import Counter

import pytest

from callcenter.domain.agents import NO_PHONE, Agent, Miss, State
from callcenter.switchboard.agents import REST_SECONDS, Agents, Refused, Saved
from tests.unit.switchboard.clockwork import T0, Clockwork


class Office:
    """Agents 1, 2 and 3 with telephones, and all that is told of them."""

    def __init__(self) -> None:
        self.clock = Clockwork()
        self.phones = {"1": 600.0, "2": 600.0, "3": 600.0}
        self.legs: Counter[str] = Counter()
        self.quiet: set[str] = set()
        self.agents = Agents(
            ["1", "2", "3"],
            self.clock.now,
            phone=lambda number: self.phones.get(number, 0.0),
            legs=self.legs,
            quiet=self.quiet.__contains__,
            later=self.clock.later,
        )
        self.told: list[tuple[str, str, str | None, str]] = []
        self.freed = 0
        self.agents.on_change.append(self._note)
        self.agents.on_free.append(self._free)
        for number in self.phones:
            self.agents.phone_changed(number)
        self.told.clear()

    def _note(self, agent: Agent, by: str) -> None:
        self.told.append((agent.number, agent.state.value, agent.reason, by))

    def _free(self) -> None:
        self.freed += 1

    def leg(self, number: str, *, calls: bool = False) -> None:
        self.legs[number] += 1
        self.agents.leg_began(number, calls=calls)

    def end(self, number: str) -> None:
        self.legs[number] -= 1
        self.agents.leg_ended(number)
        self.clock.turn()

    def talks(self, number: str, wrap_up: float = 0.0) -> None:
        self.agents.ringing(number)
        self.leg(number)
        self.agents.leg_answered(number)
        self.agents.answered(number, wrap_up)

    def state(self, number: str = "1") -> State:
        return self.agents.state(number)


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_offer_that_is_answered(office: Office) -> None:
    assert office.agents.available("1")
    office.agents.ringing("1")
    assert office.state() is State.RINGING and not office.agents.available("1")
    office.leg("1")
    office.agents.leg_answered("1")
    office.agents.answered("1", 5.0)
    assert office.state() is State.TALKING
    office.end("1")
    assert office.state() is State.WRAP_UP and not office.agents.available("1")
    office.clock.turn(5.0)
    assert office.agents.available("1")
    assert [state for _, state, _, _ in office.told] == ["ringing", "talking", "wrap_up", "ready"]


def test_without_wrap_up_they_are_ready_at_once(office: Office) -> None:
    office.talks("1")
    office.end("1")
    assert [state for _, state, _, _ in office.told] == ["ringing", "talking", "ready"]


def test_wrap_up_may_be_ended_early_and_its_timer_with_it(office: Office) -> None:
    office.talks("1", 60.0)
    office.end("1")
    office.agents.set("1", State.READY, by="1")
    assert office.agents.available("1")
    office.talks("1")
    office.clock.turn(60.0)
    assert office.state() is State.TALKING


def test_who_lets_it_ring_is_set_aside(office: Office) -> None:
    office.agents.ringing("1")
    office.agents.missed("1", Miss.NO_ANSWER, set_aside=True)
    office.clock.turn(500.0)
    assert (office.state(), office.agents.agent("1").reason) == (State.SET_ASIDE, "no_answer")
    office.agents.set("1", State.READY, by="ana")
    assert office.told[-1] == ("1", "ready", None, "ana")


def test_a_desk_may_keep_them(office: Office) -> None:
    office.agents.ringing("1")
    office.agents.missed("1", Miss.NO_ANSWER, set_aside=False)
    assert office.agents.available("1")


@pytest.mark.parametrize("why", [Miss.BUSY, Miss.REJECTED, Miss.UNREACHABLE])
def test_a_telephone_that_would_not_rests_a_moment(office: Office, why: Miss) -> None:
    office.agents.ringing("1")
    office.agents.missed("1", why, set_aside=True)
    office.clock.turn(REST_SECONDS[why.value] - 0.1)
    assert office.state() is State.SET_ASIDE
    office.clock.turn(0.2)
    assert office.agents.available("1")


def test_a_telephone_that_registers_again_can_be_reached_again(office: Office) -> None:
    office.agents.ringing("1")
    office.agents.missed("1", Miss.UNREACHABLE, set_aside=True)
    office.agents.phone_changed("1")
    assert office.agents.available("1")


def test_a_call_that_is_given_up_changes_nothing(office: Office) -> None:
    office.agents.ringing("1")
    office.leg("1")
    office.agents.given_up("1")
    assert office.state() is State.RINGING and not office.agents.available("1")  # the CANCEL is on its way
    freed = office.freed
    office.end("1")
    assert office.agents.available("1") and office.freed > freed


def test_who_dials_is_at_work(office: Office) -> None:
    office.leg("1", calls=True)
    assert office.state() is State.TALKING and not office.agents.available("1")
    office.end("1")
    assert office.agents.available("1")


def test_a_direct_call_rings_and_is_talked(office: Office) -> None:
    office.leg("1")
    assert office.state() is State.RINGING
    office.agents.leg_answered("1")
    assert office.state() is State.TALKING
    office.end("1")
    office.leg("2")
    office.end("2")
    assert office.agents.available("1") and office.agents.available("2")


def test_a_leg_that_goes_on_in_another_call_is_no_end_of_talking(office: Office) -> None:
    office.talks("1", 30.0)
    office.legs["1"] -= 1
    office.agents.leg_ended("1")
    office.leg("1")
    office.clock.turn()
    assert office.state() is State.TALKING
    office.end("1")
    assert office.state() is State.WRAP_UP


def test_who_hangs_up_before_the_offer_hears_of_it(office: Office) -> None:
    office.agents.ringing("1")
    office.leg("1")
    office.agents.leg_answered("1")
    office.end("1")
    office.agents.answered("1")
    office.clock.turn()
    assert office.agents.available("1")


def test_who_dials_out_while_they_are_offered_a_call_is_not_set_aside(office: Office) -> None:
    office.agents.ringing("1")
    office.leg("1", calls=True)
    office.agents.missed("1", Miss.BUSY, set_aside=True)
    assert office.state() is State.TALKING
    office.end("1")
    assert office.agents.available("1")


@pytest.mark.parametrize("missed", [True, False])
def test_who_has_another_call_ringing_is_not_free_when_an_offer_ends(office: Office, missed: bool) -> None:
    """A call that they began at the page rings at their phone first: the offer finds it busy."""
    office.agents.ringing("1")
    office.leg("1")
    if missed:
        office.agents.missed("1", Miss.BUSY, set_aside=True)
    else:
        office.agents.given_up("1")
    office.clock.turn()
    assert office.state() is State.RINGING and not office.agents.available("1")
    office.end("1")
    assert office.agents.available("1")


def test_a_break_that_is_wished_for_during_a_call(office: Office) -> None:
    office.talks("1")
    office.agents.set("1", State.BREAK, "meal", by="1")
    assert office.state() is State.TALKING
    office.end("1")
    assert (office.state(), office.agents.agent("1").reason) == (State.BREAK, "meal")


def test_a_registration_that_is_not_renewed(office: Office) -> None:
    office.phones["1"] = 0.0
    office.clock.turn(600.2)
    assert (office.state(), office.agents.agent("1").reason) == (State.SIGNED_OFF, NO_PHONE)
    assert office.agents.available("2") is True
    office.phones["1"] = 60.0
    office.agents.phone_changed("1")
    assert office.agents.available("1")


def test_do_not_disturb(office: Office) -> None:
    office.quiet.add("1")
    assert not office.agents.available("1")


@pytest.mark.parametrize(
    ("number", "wanted", "reason", "told"),
    [
        ("9", State.READY, None, "no extension"),
        ("1", State.TALKING, None, "wish for ready, break or signed_off"),
        ("1", State.BREAK, "x" * 41, "up to 40 letters"),
        ("1", State.BREAK, "a\nb", "cannot be printed"),
    ],
)
def test_what_cannot_be_set(
    office: Office, number: str, wanted: State, reason: str | None, told: str
) -> None:
    with pytest.raises(Refused, match=told):
        office.agents.set(number, wanted, reason, by="ana")
    assert not office.told


def test_nobody_is_ready_without_a_telephone(office: Office) -> None:
    office.phones["1"] = 0.0
    office.agents.phone_changed("1")
    with pytest.raises(Refused, match="no telephone of 1 is registered"):
        office.agents.set("1", State.READY, by="ana")


@pytest.mark.parametrize(
    ("saved", "state"),
    [
        (Saved(State.BREAK, T0.utc, "meal"), State.BREAK),
        (Saved(State.SIGNED_OFF, T0.utc), State.SIGNED_OFF),
        (Saved(State.SET_ASIDE, T0.utc, "no_answer"), State.SET_ASIDE),
        (Saved(State.SIGNED_OFF, T0.utc, NO_PHONE), State.READY),
        (Saved(State.SET_ASIDE, T0.utc, "busy"), State.READY),
        (Saved(State.READY, T0.utc), State.READY),
        (Saved(State.TALKING, T0.utc), State.READY),
    ],
)
def test_a_restart(saved: Saved, state: State) -> None:
    clock = Clockwork()
    agents = Agents(["1"], clock.now, phone=lambda number: 60.0, later=clock.later)
    agents.restore("1", saved)
    agents.restore("9", saved)
    agents.phone_changed("1")
    assert agents.state("1") is state


def test_others_than_extensions_are_no_agents(office: Office) -> None:
    office.agents.phone_changed("gateway")
    office.leg("13800000000", calls=True)
    office.agents.leg_answered("13800000000")
    office.end("13800000000")
    assert "13800000000" not in office.agents and not office.told


def test_closing_ends_the_timers(office: Office) -> None:
    office.talks("1", 60.0)
    office.end("1")
    office.agents.close()
    assert office.clock.due == 0
