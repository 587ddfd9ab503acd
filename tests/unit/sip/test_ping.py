"""Whether a peer is there, asked by OPTIONS."""

from __future__ import annotations

import pytest

from sip.dialog import LocalSide
from sip.message import URI, Request, parse, respond
from sip.message import encode as wire
from sip.ping import LOOK_AGAIN, PATIENCE, Ping


def ping(interval: float = 60.0) -> Ping:
    target = URI.parse("sip:carrier.example.com:5070;transport=tcp")
    return Ping(target, LocalSide("192.0.2.1", 5060), interval)


def asked(one: Ping, now: float) -> Request:
    request = one.tick(now)
    assert request is not None
    return request


def test_it_asks_at_once_and_then_at_its_interval() -> None:
    one = ping()
    request = asked(one, 0.0)
    read = parse(wire(request))
    assert isinstance(read, Request) and read.method == "OPTIONS"
    assert str(read.uri) == "sip:carrier.example.com:5070;transport=tcp"
    assert str(read.to_address.uri) == "sip:carrier.example.com"
    assert one.reachable is None
    one.receive(request, respond(request, 200), 0.1)
    assert one.reachable is True
    assert one.deadline == 60.1
    assert one.tick(60.0) is None
    again = asked(one, 60.1)
    assert (again.cseq.sequence, again.call_id) == (2, request.call_id)
    assert again.via[0].parameters["branch"] != request.via[0].parameters["branch"]


@pytest.mark.parametrize(
    ("code", "reachable"),
    [
        (200, True),
        (401, True),
        (403, True),
        (404, True),
        (405, True),
        (501, True),
        (503, False),
        (408, False),
    ],
)
def test_any_answer_is_a_sign_of_life_but_two(code: int, reachable: bool) -> None:
    one = ping()
    request = asked(one, 0.0)
    one.receive(request, respond(request, 100), 0.1)
    assert one.reachable is None
    one.receive(request, respond(request, code), 0.2)
    assert one.reachable is reachable
    assert one.answered is reachable
    assert bool(one.why) is not reachable


def test_who_does_not_answer_is_not_there_and_is_asked_more_often() -> None:
    one = ping()
    first = asked(one, 0.0)
    assert one.tick(PATIENCE) is None
    assert (one.reachable, one.why, one.deadline) == (False, "no answer", PATIENCE + LOOK_AGAIN)
    one.timed_out(first, 32.0)  # it was given up already
    assert one.deadline == PATIENCE + LOOK_AGAIN
    asked(one, PATIENCE + LOOK_AGAIN)
    one.receive(first, respond(first, 200), 22.0)  # late, but it is there
    assert (one.reachable, one.why) == (True, "")


def test_a_short_interval_stays_one() -> None:
    one = ping(5.0)
    request = asked(one, 0.0)
    one.timed_out(request, 1.0)
    assert (one.reachable, one.deadline) == (False, 6.0)


def test_stopped_it_asks_no_more() -> None:
    one = ping()
    request = asked(one, 0.0)
    one.stop()
    one.receive(request, respond(request, 200), 0.1)
    assert one.deadline is None and one.tick(100.0) is None
