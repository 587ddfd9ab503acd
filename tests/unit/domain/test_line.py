"""The queue: its order, and what is said of the wait."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from callcenter.domain.line import HANDLING, HEAD_START, LONGEST, Line


def ids(line: Line) -> list[str]:
    return [place.id for place in line]


def test_first_come_first_served() -> None:
    line = Line()
    for at, id in enumerate("abc"):
        line.enter(id, float(at))
    assert ids(line) == ["a", "b", "c"]
    assert [line.position(id) for id in "abc"] == [0, 1, 2]
    line.taken("a", 5.0)
    line.leave("b")
    assert ids(line) == ["c"] and line.position("c") == 0 and len(line) == 1
    assert "a" not in line and "c" in line


def test_priority_goes_first_but_nobody_starves() -> None:
    line = Line()
    line.enter("normal", 0.0)
    line.enter("urgent", 1.0, priority=1)
    line.enter("too late", HEAD_START + 1, priority=1)
    assert ids(line) == ["urgent", "normal", "too late"]


def test_who_is_in_line_twice_or_not_at_all() -> None:
    line = Line()
    line.enter("a", 0.0)
    with pytest.raises(ValueError, match="a is in the line already"):
        line.enter("a", 1.0)
    for refused in (line.leave, line.position):
        with pytest.raises(KeyError):
            refused("b")
    with pytest.raises(KeyError):
        line.taken("b", 1.0)


def test_a_caller_who_hangs_up_keeps_the_place() -> None:
    line = Line()
    for id in "ab":
        line.enter(id, 0.0)
    line.keep("a")
    assert [(place.id, place.virtual) for place in line] == [("a", True), ("b", False)]
    assert line.position("b") == 1


def test_the_pace_is_learnt_from_how_the_line_moves() -> None:
    line = Line(HANDLING)
    for number in range(60):
        line.enter(str(number), 0.0)
    for number in range(60):
        line.waits(str(number), 0.0)
    for number in range(50):
        line.taken(str(number), 10.0 * (number + 1))
    assert line.pace == pytest.approx(10.0, rel=0.01)
    assert line.estimate("50", 500.0) == pytest.approx(10.0, rel=0.01)
    assert line.estimate("59", 500.0) == pytest.approx(100.0, rel=0.01)
    assert line.estimate("59", 504.0) == pytest.approx(96.0, rel=0.01)


def test_time_in_which_nobody_waited_says_nothing_of_the_pace() -> None:
    line = Line(20.0)
    line.enter("a", 0.0)
    line.taken("a", 0.0)  # somebody was free
    line.enter("b", 5000.0)
    line.waits("b", 5000.0)
    line.taken("b", 5020.0)
    assert line.pace == pytest.approx(20.0)


def test_an_estimate_is_right_again_at_once_when_agents_come() -> None:
    line = Line()
    line.enter("a", 0.0)
    line.enter("b", 0.0)
    line.agents = 6
    assert line.estimate("a", 0.0) == pytest.approx(HANDLING / 6)
    line.waits("a", 0.0)
    line.taken("a", HANDLING / 6)
    line.agents = 12
    assert line.estimate("b", 30.0) == pytest.approx(HANDLING / 12)
    line.agents = 0
    assert line.estimate("b", 30.0) == pytest.approx(HANDLING)


def test_who_finds_a_free_agent_says_nothing_of_the_pace() -> None:
    line = Line(20.0)
    for id in "abc":
        line.enter(id, 0.0)
    line.waits("c", 0.0)
    line.taken("a", 1.0)
    line.taken("b", 2.0)
    assert line.pace == 20.0
    line.taken("c", 20.0)
    assert line.pace == pytest.approx(20.0)


@given(
    st.floats(1.0, 3600.0),
    st.integers(2, 30),
    st.lists(st.floats(0, 1), min_size=1, max_size=29),
)
def test_a_line_that_moves_on_at_its_pace_shortens_every_estimate(
    pace: float, callers: int, gaps: list[float]
) -> None:
    line, now = Line(pace), 0.0
    for number in range(callers):
        line.enter(str(number), now)
        line.waits(str(number), now)
    for taken, share in zip(range(callers - 1), gaps, strict=False):
        now += share * line.pace
        before = {place.id: line.estimate(place.id, now) for place in line}
        line.taken(str(taken), now)
        for place in line:
            assert line.estimate(place.id, now) <= before[place.id] + 1e-6


class Moves(RuleBasedStateMachine):
    """Callers come, leave and are taken in any way; a sorted list is the judge of their order."""

    places = Bundle("places")

    def __init__(self) -> None:
        super().__init__()
        self.line, self.now, self.number = Line(), 0.0, 0
        self.model: list[tuple[float, int, str]] = []

    @rule(target=places, priority=st.integers(0, 9), seconds=st.floats(0, 1000))
    def enter(self, priority: int, seconds: float) -> str:
        self.now += seconds
        self.number += 1
        id = f"call {self.number}"
        self.line.enter(id, self.now, priority)
        self.model.append((self.now - priority * HEAD_START, self.number, id))
        self.model.sort()
        return id

    @rule(id=consumes(places), seconds=st.floats(0, 1000), taken=st.booleans())
    def go(self, id: str, seconds: float, taken: bool) -> None:
        self.now += seconds
        if taken:
            self.line.taken(id, self.now)
        else:
            self.line.leave(id)
        self.model = [entry for entry in self.model if entry[2] != id]

    @precondition(lambda self: self.model)
    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.line.waits(self.model[-1][2], self.now)
        before = [self.line.estimate(place.id, self.now) for place in self.line]
        self.now += seconds
        after = [self.line.estimate(place.id, self.now) for place in self.line]
        assert all(b >= a for b, a in zip(before, after, strict=True))

    @invariant()
    def they_stand_in_order(self) -> None:
        assert ids(self.line) == [id for _, _, id in self.model]
        assert [self.line.position(id) for _, _, id in self.model] == list(range(len(self.model)))

    @invariant()
    def the_estimates_make_sense(self) -> None:
        told = [self.line.estimate(id, self.now) for _, _, id in self.model]
        assert all(0 <= seconds <= LONGEST and math.isfinite(seconds) for seconds in told)
        assert told == sorted(told)


TestMoves = Moves.TestCase
