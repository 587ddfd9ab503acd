"""A REFER's subscription: the table in full, and the NOTIFYs in a session."""

from __future__ import annotations

import copy

import pytest

from sip.effects import Effect, Referred, Respond, SendRequest, TransferTold
from sip.errors import PeerError, StateError
from sip.message import Request, Response, respond
from sip.session import Session
from sip.subscription import TABLE, Event, State, _Subscription
from tests.unit.sip.test_session import connected, inside

TO = "Refer-To: <sip:8002@192.0.2.9>"


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_event_that_a_state_does_not_allow_changes_nothing(state: State, event: Event) -> None:
    subscription = _Subscription(state, "refer")
    if (state, event) in TABLE:
        subscription.change(event)
        assert subscription.state is TABLE[state, event]
        return
    before = copy.copy(subscription)
    with pytest.raises(StateError):
        subscription.change(event)
    assert subscription == before


def test_every_subscription_can_finish() -> None:
    assert all((state, Event.FINAL) in TABLE for state in (State.ACTIVE, State.GONE))


def referred(session: Session, cseq: int = 2, extra: str = TO) -> Referred:
    (effect,) = session.receive_request(inside(session, "REFER", cseq, extra=extra))
    assert isinstance(effect, Referred)
    return effect


def notify_of(effects: list[Effect]) -> Request:
    requests = [effect.request for effect in effects if isinstance(effect, SendRequest)]
    assert [request.method for request in requests] == ["NOTIFY"]
    return requests[0]


def told(request: Request) -> tuple[str, str]:
    return request.body.decode().strip(), request.headers["Subscription-State"]


def answer(session: Session, notify: Request, code: int = 200) -> list[Effect]:
    return session.receive_response(respond(notify, code))


def accepted() -> tuple[Session, Request]:
    """A session that has accepted a REFER, and its first NOTIFY."""
    session = connected()
    effects = session.referrals.answer(referred(session), 202)
    assert isinstance(effects[0], Respond)
    response: Response = effects[0].response
    assert response.code == 202 and response.contact  # RFC 3515 section 2.2
    return session, notify_of(effects)


def test_accepted_it_tells_trying_ringing_and_the_end() -> None:
    session, first = accepted()
    assert told(first) == ("SIP/2.0 100 Trying", "active;expires=300")
    assert first.headers["Event"] == "refer"
    assert first.headers["Content-Type"] == "message/sipfrag;version=2.0"
    assert answer(session, first) == []
    second = notify_of(session.referrals.notify(180))
    assert told(second)[0] == "SIP/2.0 180 Ringing"
    answer(session, second)
    last = notify_of(session.referrals.notify(200))
    assert told(last) == ("SIP/2.0 200 OK", "terminated;reason=noresource")
    assert answer(session, last) == [TransferTold()]
    assert not session.referrals.active
    with pytest.raises(StateError):
        session.referrals.notify(486)


def test_a_notify_waits_for_the_answer_to_the_one_before() -> None:
    session, first = accepted()
    assert session.referrals.notify(180) == []
    assert session.referrals.notify(486) == []
    assert answer(session, first, 100) == []
    last = notify_of(answer(session, first))
    assert told(last) == ("SIP/2.0 486 Busy Here", "terminated;reason=noresource")
    assert answer(session, last) == [TransferTold()]


@pytest.mark.parametrize("code", [481, 405, None])
def test_a_sender_who_does_not_listen_is_told_no_more(code: int | None) -> None:
    session, first = accepted()
    lost = session.timed_out(first) if code is None else answer(session, first, code)
    assert lost == []
    assert session.referrals.notify(180) == []
    assert session.referrals.notify(200) == [TransferTold()]


def test_a_refusal_of_the_last_notify_is_an_end_too() -> None:
    session, first = accepted()
    answer(session, first)
    last = notify_of(session.referrals.notify(200))
    assert answer(session, last, 481) == [TransferTold()]


def test_it_goes_on_after_the_bye() -> None:
    """RFC 5057: row 26, a transferor that sends BYE right after the 202."""
    session, first = accepted()
    session.receive_request(inside(session, "BYE", 3))
    answer(session, first)
    assert told(notify_of(session.referrals.notify(200)))[0] == "SIP/2.0 200 OK"


def test_the_final_status_goes_out_before_our_bye() -> None:
    session, first = accepted()
    assert session.referrals.notify(487) == []  # the first is not answered yet
    *effects, bye, _ = session.hangup()
    final = notify_of(effects)
    assert told(final)[0] == "SIP/2.0 487 Request Terminated"
    assert isinstance(bye, SendRequest) and bye.request.cseq.sequence == final.cseq.sequence + 1
    assert answer(session, first) == []
    assert answer(session, final) == [TransferTold()]


def test_refused() -> None:
    session = connected()
    (effect,) = session.referrals.answer(referred(session), 603)
    assert isinstance(effect, Respond) and effect.response.code == 603
    with pytest.raises(StateError):
        session.referrals.notify(200)


def test_one_at_a_time_and_the_next_names_its_number() -> None:
    session, first = accepted()
    (busy,) = session.receive_request(inside(session, "REFER", 3, extra=TO))
    assert isinstance(busy, Respond) and busy.response.code == 491
    answer(session, first)
    answer(session, notify_of(session.referrals.notify(486)))
    second = notify_of(session.referrals.answer(referred(session, 4), 202))
    assert second.headers["Event"] == "refer;id=4"  # RFC 3515 section 2.4.6


def test_without_a_subscription_nothing_is_sent() -> None:
    session = connected()
    effects = session.referrals.answer(referred(session, extra=f"{TO}\nRefer-Sub: false"), 202)
    (effect,) = effects
    assert isinstance(effect, Respond) and effect.response.headers.get("Refer-Sub") == "false"
    assert session.referrals.notify(180) == []
    assert session.referrals.notify(200) == [TransferTold()]


@pytest.mark.parametrize(("expires", "state"), [("60", "active"), ("0", "terminated")])
def test_a_subscribe_prolongs_or_ends_it(expires: str, state: str) -> None:
    session, first = accepted()
    answer(session, first)
    extra = f"Event: refer\nExpires: {expires}"
    effects = session.receive_request(inside(session, "SUBSCRIBE", 3, extra=extra))
    assert isinstance(effects[0], Respond) and effects[0].response.code == 200
    notify = notify_of(effects)
    assert told(notify)[1].startswith(state)
    answer(session, notify)
    assert bool(session.referrals.notify(180)) is (expires != "0")


@pytest.mark.parametrize(("event", "code"), [("presence", 489), ("refer", 481)])
def test_a_subscribe_to_something_else(event: str, code: int) -> None:
    session = connected()
    with pytest.raises(PeerError) as caught:
        session.receive_request(inside(session, "SUBSCRIBE", 2, extra=f"Event: {event}"))
    assert caught.value.status == code


def test_a_refer_that_cannot_be_read_is_the_peers_mistake() -> None:
    session = connected()
    with pytest.raises(PeerError):
        session.receive_request(inside(session, "REFER", 2))
