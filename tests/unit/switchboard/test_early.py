"""Sound before the answer: what can be wrong with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from callcenter.switchboard.early import pass_on
from sip.errors import PeerError
from sip.sdp import Description, offer

EARLY = Description.parse(bytes(offer("127.0.0.2", 4000)))


class Stream:
    def __init__(self) -> None:
        self.peer: Any = None
        self.receiving = False

    def stop_playing(self) -> None:
        """Nothing is played here."""

    def connect(self, other: Any) -> None:
        self.peer, other.peer = other, self


class Leg:
    """As much of a leg as early media needs."""

    def __init__(self, **call: Any) -> None:
        self.id, self.stream, self.settled = "leg", Stream(), 0
        self.sent: list[tuple[Any, ...]] = []
        self.media, self.broken = self, False
        state: dict[str, Any] = {"answered_at": None, "is_over": False, **call}
        self.call = SimpleNamespace(ring=lambda *what: self.sent.append(what), **state)

    def settle(self, description: Description) -> None:
        if self.broken:
            raise PeerError("no codec of ours", status=488)
        self.settled += 1

    def apply(self, agreement: Any) -> None:
        self.settled += 1


def play(caller: Leg, leg: Leg, code: int = 183) -> None:
    live: Any = SimpleNamespace(caller=caller, id="call")
    one: Any = leg
    agreement: Any = None
    pass_on(live, one, code, EARLY, (b"v=0", agreement))


def test_the_caller_gets_our_answer_once_and_hears_it() -> None:
    caller, leg = Leg(), Leg()
    play(caller, leg)
    play(caller, leg)
    assert caller.sent == [(183, b"v=0")]
    assert caller.stream.peer is leg.stream and leg.stream.receiving


def test_a_180_stays_one() -> None:
    caller, leg = Leg(), Leg()
    play(caller, leg, 180)
    assert caller.sent == [(180, b"v=0")]


def test_who_is_gone_gets_nothing() -> None:
    caller, leg = Leg(is_over=True), Leg()
    play(caller, leg)
    assert not caller.sent and not leg.settled


def test_who_is_answered_already_hears_it_without_another_answer() -> None:
    caller, leg = Leg(answered_at=1.0), Leg()
    play(caller, leg)
    assert not caller.sent and caller.settled == 0
    assert caller.stream.peer is leg.stream


def test_what_cannot_be_used_changes_nothing() -> None:
    caller, leg = Leg(), Leg()
    leg.broken = True
    play(caller, leg)
    assert not caller.sent and caller.stream.peer is None
