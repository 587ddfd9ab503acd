"""A trunk's registration: refresh, back-off, credentials, and never a loop. Time is given."""

from __future__ import annotations

import pytest

from sip.dialog import LocalSide
from sip.digest import Credentials, DigestServer
from sip.message import URI, Request, Response, respond
from sip.registration import (
    BACK_OFF,
    MAX_CHALLENGES,
    REFRESH_AT,
    REFUSED_BACK_OFF,
    SHORTEST,
    Account,
    Registration,
    TrunkState,
)

US = LocalSide("192.0.2.9", 5060)


@pytest.fixture
def registration() -> Registration:
    registrar = URI.parse("sip:carrier.example")
    return Registration(Account(registrar, Credentials("0755", "secret"), expires=300), US)


def first(registration: Registration, now: float = 0.0) -> Request:
    request = registration.tick(now)
    assert request is not None
    return request


def ok(request: Request, contact: str | None = None, **headers: str) -> Response:
    answer = respond(request, 200)
    if contact:
        answer.headers.set("Contact", contact)
    for name, value in headers.items():
        answer.headers.set(name, value)
    return answer


def challenge(request: Request, code: int = 401, *, stale: bool = False) -> Response:
    answer = respond(request, code)
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    answer.headers.set(name, DigestServer("carrier").challenges(0.0, stale=stale)[0])
    return answer


def test_the_first_request(registration: Registration) -> None:
    assert registration.state.value == "unregistered"
    request = first(registration)
    assert registration.state is TrunkState.TRYING
    assert str(request.uri) == "sip:carrier.example"
    assert request.headers.get("To") == "<sip:0755@carrier.example>"
    assert str(request.contact[0]) == "<sip:0755@192.0.2.9:5060>"
    assert request.headers.get("Expires") == "300"
    assert registration.tick(1.0) is None  # it is under way


@pytest.mark.parametrize(
    ("contact", "expires", "granted"),
    [
        ("<sip:0755@192.0.2.9:5060>;expires=120", "600", 120),
        ("<sip:other@198.51.100.1>;expires=30, <sip:0755@192.0.2.9>;expires=120", None, 120),
        ("<sip:0755@203.0.113.1:6000>;expires=90", None, 90),
        ("<sip:a@198.51.100.1>;expires=30, <sip:b@198.51.100.2>;expires=30", "200", 200),
        (None, "200", 200),
        (None, None, 300),
        ("<sip:0755@192.0.2.9>;expires=soon", "soon", 300),
        ("<sip:broken", None, 300),
    ],
)
def test_it_is_refreshed_at_half_of_what_was_granted(
    registration: Registration, contact: str | None, expires: str | None, granted: int
) -> None:
    request = first(registration)
    answer = ok(request, contact, **({"Expires": expires} if expires else {}))
    assert registration.receive(request, answer, 10.0) is None
    assert registration.state is TrunkState.REGISTERED
    assert registration.deadline == 10.0 + REFRESH_AT * granted
    again = first(registration, registration.deadline)
    assert registration.state is TrunkState.REGISTERED  # until something else is known
    assert (again.cseq.sequence, again.call_id) == (2, request.call_id)


def test_a_carrier_that_grants_nothing_does_not_keep_us_busy(registration: Registration) -> None:
    request = first(registration)
    registration.receive(request, ok(request, "<sip:0755@192.0.2.9>;expires=0"), 0.0)
    assert registration.deadline == SHORTEST


@pytest.mark.parametrize(("code", "name"), [(401, "Authorization"), (407, "Proxy-Authorization")])
def test_a_challenge_is_answered_once(registration: Registration, code: int, name: str) -> None:
    request = first(registration)
    again = registration.receive(request, challenge(request, code), 0.0)
    assert again is not None
    assert again.headers.get(name)
    assert again.cseq.sequence == 2
    assert registration.receive(again, challenge(again, code), 1.0) is None
    assert registration.state is TrunkState.REFUSED
    assert registration.why == "wrong user name or password"
    assert registration.deadline == 1.0 + REFUSED_BACK_OFF


def test_each_refresh_may_be_challenged_anew(registration: Registration) -> None:
    now = 0.0
    for _ in range(2 * MAX_CHALLENGES):
        request = first(registration, now)
        again = registration.receive(request, challenge(request), now)
        assert again is not None
        registration.receive(again, ok(again), now)
        assert registration.state is TrunkState.REGISTERED
        assert registration.deadline is not None
        now = registration.deadline


def test_stale_for_ever_ends(registration: Registration) -> None:
    request = first(registration)
    answered = 0
    while again := registration.receive(request, challenge(request, stale=True), 0.0):
        request = again
        answered += 1
        assert answered <= MAX_CHALLENGES
    assert answered == MAX_CHALLENGES
    assert registration.state is TrunkState.REFUSED


def test_a_challenge_of_an_unknown_kind_is_a_refusal(registration: Registration) -> None:
    request = first(registration)
    answer = respond(request, 401)
    answer.headers.set("WWW-Authenticate", 'Bearer realm="x"')
    assert registration.receive(request, answer, 0.0) is None
    assert registration.state is TrunkState.REFUSED
    assert "kind" in registration.why


def test_silence_backs_off_further_each_time_and_success_forgets_it(registration: Registration) -> None:
    now, waits = 0.0, []
    for _ in range(len(BACK_OFF) + 2):
        first(registration, now)
        registration.timed_out(now)
        assert registration.state is TrunkState.UNREACHABLE
        assert registration.deadline is not None
        waits.append(registration.deadline - now)
        now = registration.deadline
    assert waits == pytest.approx([*BACK_OFF, BACK_OFF[-1], BACK_OFF[-1]])
    request = first(registration, now)
    registration.receive(request, ok(request), now)
    assert (registration.state, registration.why) == (TrunkState.REGISTERED, "")
    assert registration.deadline is not None
    first(registration, registration.deadline)
    registration.timed_out(now + 200)
    assert registration.deadline == now + 200 + BACK_OFF[0]


@pytest.mark.parametrize(
    ("code", "state", "wait"),
    [
        (403, TrunkState.REFUSED, REFUSED_BACK_OFF),
        (404, TrunkState.REFUSED, REFUSED_BACK_OFF),
        (503, TrunkState.UNREACHABLE, BACK_OFF[0]),
        (302, TrunkState.UNREACHABLE, BACK_OFF[0]),
        (423, TrunkState.UNREACHABLE, BACK_OFF[0]),  # without a Min-Expires that helps
    ],
)
def test_refusals(registration: Registration, code: int, state: TrunkState, wait: float) -> None:
    request = first(registration)
    assert registration.receive(request, respond(request, code), 0.0) is None
    assert (registration.state, registration.deadline) == (state, wait)
    assert registration.why.startswith(str(code))


def test_too_brief_asks_for_longer_at_once(registration: Registration) -> None:
    """Section 10.2.8."""
    request = first(registration)
    brief = respond(request, 423)
    brief.headers.set("Min-Expires", "1800")
    again = registration.receive(request, brief, 0.0)
    assert again is not None
    assert again.headers.get("Expires") == "1800"
    assert registration.receive(again, brief, 0.0) is None  # not twice for the same


def test_a_provisional_response_means_nothing(registration: Registration) -> None:
    request = first(registration)
    assert registration.receive(request, respond(request, 100), 0.0) is None
    assert registration.state is TrunkState.TRYING


def test_stopping_takes_the_contact_away_even_if_challenged(registration: Registration) -> None:
    request = first(registration)
    registration.receive(request, ok(request), 0.0)
    removal = registration.stop()
    assert removal is not None
    assert removal.headers.get("Expires") == "0"
    assert (registration.state, registration.deadline) == (TrunkState.STOPPED, None)
    again = registration.receive(removal, challenge(removal), 1.0)
    assert again is not None
    assert (again.headers.get("Expires"), bool(again.headers.get("Authorization"))) == ("0", True)
    assert registration.receive(again, challenge(again), 1.0) is None
    assert registration.receive(again, ok(again), 1.0) is None
    registration.timed_out(2.0)
    assert registration.tick(1000.0) is None
    assert registration.state is TrunkState.STOPPED


def test_what_was_never_registered_is_not_taken_away(registration: Registration) -> None:
    assert registration.stop() is None
    assert registration.tick(0.0) is None


@pytest.mark.parametrize(
    ("lines", "route"),
    [
        ([], []),
        (["<sip:p1.example;lr>"], ["<sip:p1.example;lr>"]),
        (
            ["<sip:p1.example;lr>, <sip:p2.example:5070;lr>", "<sip:p3.example;lr>"],
            ["<sip:p1.example;lr>", "<sip:p2.example:5070;lr>", "<sip:p3.example;lr>"],
        ),
        (["<tel:110>"], []),
        (["<sip:broken"], []),
    ],
)
def test_the_service_route_is_the_newest_answers(
    registration: Registration, lines: list[str], route: list[str]
) -> None:
    """RFC 3608 section 6.1."""
    answer = ok(first(registration))
    answer.headers.set("Service-Route", "<sip:old.example;lr>")
    registration.receive(first_again(registration), answer, 0.0)
    answer.headers.setlist("Service-Route", lines)
    registration.receive(first_again(registration), answer, 1.0)
    assert [str(hop) for hop in registration.service_route] == route


def first_again(registration: Registration) -> Request:
    registration.deadline = 0.0
    return first(registration)
