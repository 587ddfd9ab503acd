"""INVITE sessions, both sides: the table in full, and the stories of SIP_CASES with time as an argument."""

from __future__ import annotations

import copy

import pytest

from sip.challenges import MAX_CHALLENGES
from sip.dialog import Dialog, LocalSide
from sip.digest import Credentials, DigestClient, DigestServer
from sip.effects import (
    Accepted,
    Confirmed,
    Effect,
    Ended,
    Ending,
    Offered,
    Progress,
    Respond,
    SendAck,
    SendCancel,
    SendRequest,
)
from sip.errors import PeerError, StateError
from sip.message import URI, Address, Request, Response
from sip.sdp import Description
from sip.session import ALLOW, RING_AGAIN, Session
from sip.session_table import TABLE, Event, State
from sip.transactions import T1, T2, Kind, Transaction
from tests.unit.sip.wire import SDP, request, response

US = LocalSide("192.0.2.9", 5060)
ME = Address(URI("sip", "192.0.2.9", user="desk"))
S, E = State, Event


def server(asked: Request) -> Transaction:
    kind = Kind.INVITE_SERVER if asked.method == "INVITE" else Kind.SERVER
    return Transaction(kind, asked, ("192.0.2.1", 5060), ("server",))


def incoming(body: bytes = SDP, **changes: str) -> Session:
    transaction = server(request(body=body, **changes))  # type: ignore[arg-type]
    return Session.incoming(Dialog.incoming(US, transaction.request), transaction)


def outgoing(password: str | None = None) -> tuple[Session, Request]:
    dialog = Dialog.outgoing(US, URI.parse("sip:agent@192.0.2.2:5062"), from_address=ME)
    digest = DigestClient(Credentials("desk", password)) if password else None
    session = Session.outgoing(dialog, digest)
    (sent,) = session.invite(SDP)
    assert isinstance(sent, SendRequest)
    return session, sent.request


def inside(session: Session, method: str, cseq: int, body: bytes = b"", extra: str = "") -> Transaction:
    to = f"<sip:8000@192.0.2.9>;tag={session.dialog.local_tag}"
    return server(request(method, to=to, cseq=cseq, body=body, extra=extra))


def answered(session: Session, now: float = 0.0) -> Response:
    (effect,) = session.answer(SDP, now)
    assert isinstance(effect, Respond)
    return effect.response


def connected(**changes: str) -> Session:
    session = incoming(**changes)  # type: ignore[arg-type]
    answered(session)
    session.receive_ack(request("ACK"))
    return session


def kinds(effects: list[Effect]) -> list[type]:
    return [type(effect) for effect in effects]


def sent(effect: Effect) -> Request:
    assert isinstance(effect, SendRequest | SendAck | SendCancel)
    return effect.request


def said(effect: Effect) -> Response:
    assert isinstance(effect, Respond)
    return effect.response


# --- the table ---


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_event_that_a_state_does_not_allow_changes_nothing(state: State, event: Event) -> None:
    session = incoming()
    session.state = state
    if (state, event) in TABLE:
        session._change(event)
        assert session.state is TABLE[state, event]
        return
    before = copy.copy(session.__dict__)
    with pytest.raises(StateError):
        session._change(event)
    assert session.__dict__ == before


def test_every_state_can_end_and_the_end_is_the_end() -> None:
    ending = {S.ENDED}
    while more := {state for (state, _), to in TABLE.items() if to in ending} - ending:
        ending |= more
    assert ending == set(State)
    assert not [event for state, event in TABLE if state is S.ENDED]


# --- the callee ---


def test_ringing_answering_talking_and_their_bye() -> None:
    session = incoming(extra="Record-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>")
    (ringing,) = session.provisional(180)
    assert said(ringing).code == 180
    accepted = answered(session)
    assert accepted.body == SDP
    assert accepted.headers.getlist("Record-Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert accepted.headers.get("Contact") == "<sip:8000@192.0.2.9:5060>"
    assert accepted.headers.get("Allow") == ALLOW
    assert session.receive_ack(request("ACK")) == [Confirmed()]
    assert session.receive_ack(request("ACK")) == []
    ok, ended = session.receive_request(inside(session, "BYE", 2, extra="Reason: SIP;cause=200"))
    assert said(ok).code == 200
    assert ended == Ended(Ending.THEM, None, "SIP;cause=200")
    assert said(session.receive_request(inside(session, "BYE", 3))[0]).code == 481


def test_the_2xx_is_repeated_until_64_t1_and_then_bye() -> None:
    """SIP_CASES 5; section 13.3.1.4."""
    session = incoming()
    answered(session, 100.0)
    moments, last = [], []
    while (when := session.deadline) is not None:
        last = session.tick(when)
        moments.append(when - 100.0)
    assert moments == [T1, 1.5, 3.5, 3.5 + T2, 3.5 + 2 * T2, 15.5, 19.5, 23.5, 27.5, 31.5, 64 * T1]
    assert sent(last[0]).method == "BYE"
    assert last[1] == Ended(Ending.SILENCE, None, "no ACK came")
    assert session.state is S.ENDED


def test_a_tick_before_its_time_does_nothing() -> None:
    session = incoming()
    assert session.tick(1.0) == []
    answered(session)
    assert session.tick(T1 - 0.01) == []


def test_pyvoips_ack_is_an_ack() -> None:
    session = incoming()
    answered(session)
    assert session.receive_ack(request("ACK", to="<sip:8000@192.0.2.9>;tag=odd")) == [Confirmed()]


def test_an_ack_of_another_number_is_not_ours() -> None:
    session = incoming()
    answered(session)
    assert session.receive_ack(request("ACK", cseq=2)) == []
    assert session.deadline is not None


def test_an_invite_without_sdp_gets_our_offer_and_the_ack_the_answer() -> None:
    """SIP_CASES 15; section 13.2.1."""
    session = incoming(body=b"")
    answered(session)
    (confirmed,) = session.receive_ack(request("ACK", body=SDP))
    assert confirmed == Confirmed(Description.parse(SDP))


@pytest.mark.parametrize("body", [b"", b"v=1\r\n"])
def test_an_offer_of_ours_that_the_ack_does_not_answer_ends_the_call(body: bytes) -> None:
    session = incoming(body=b"")
    answered(session)
    bye, ended = session.receive_ack(request("ACK", body=body))
    assert sent(bye).method == "BYE"
    assert ended == Ended(Ending.THEM, None, "the ACK had no usable SDP")


def test_a_cancel_ends_it_before_the_answer() -> None:
    """SIP_CASES 2: 487 to the INVITE, never answered later."""
    session = incoming()
    refused, ended = session.receive_cancel("SIP;cause=200")
    assert said(refused).code == 487
    assert ended == Ended(Ending.THEM, 487, "SIP;cause=200")
    with pytest.raises(StateError):
        session.answer(SDP, 0.0)


def test_a_cancel_that_crosses_the_answer_does_nothing() -> None:
    session = incoming()
    answered(session)
    assert session.receive_cancel() == []
    assert session.state is S.ANSWERED


def test_a_bye_before_the_answer_ends_it_with_487() -> None:
    """SIP_CASES 6; section 15.1.2."""
    session = incoming()
    session.provisional(180)
    ok, terminated, ended = session.receive_request(inside(session, "BYE", 2))
    assert (said(ok).code, said(terminated).code) == (200, 487)
    assert ended == Ended(Ending.THEM, 487)


def test_a_refusal() -> None:
    session = incoming()
    refused, ended = session.reject(486)
    assert (said(refused).code, ended) == (486, Ended(Ending.US, 486))
    with pytest.raises(StateError):
        session.reject(486)
    with pytest.raises(StateError):
        session.provisional(180)


@pytest.mark.parametrize("code", [100, 200, 486])
def test_only_101_to_199_is_provisional(code: int) -> None:
    with pytest.raises(StateError):
        incoming().provisional(code)


def test_ringing_is_said_again_every_minute() -> None:
    """Section 13.3.1.1."""
    session = incoming()
    first = session.provisional(180, now=0.0)
    assert session.deadline == RING_AGAIN
    assert session.tick(RING_AGAIN) == first
    assert session.deadline == 2 * RING_AGAIN
    answered(session, 61.0)
    assert session.deadline == 61.0 + T1


def test_hanging_up_before_the_ack_waits_for_it() -> None:
    """Section 15: the callee must not send BYE before the ACK."""
    session = incoming()
    answered(session)
    assert session.hangup("SIP;cause=16") == []
    assert session.hangup() == []
    bye, ended = session.receive_ack(request("ACK"))
    assert (sent(bye).method, sent(bye).headers.get("Reason")) == ("BYE", "SIP;cause=16")
    assert ended == Ended(Ending.US)


def test_hanging_up_in_each_state() -> None:
    assert said(incoming().hangup()[0]).code == 480
    bye, ended = connected().hangup('SIP;cause=200;text="x"')
    assert sent(bye).headers.get("Reason") == 'SIP;cause=200;text="x"'
    assert ended == Ended(Ending.US)
    over = connected()
    over.hangup()
    assert over.hangup() == []


# --- inside the dialog ---


@pytest.mark.parametrize(
    ("method", "body", "code", "header"),
    [
        ("OPTIONS", b"", 200, "Allow"),
        ("INFO", b"", 200, "Via"),
        ("INFO", b"Signal=1", 415, "Accept"),
        ("UPDATE", b"", 200, "Supported"),
        ("NONSENSE", b"", 405, "Allow"),
    ],
)
def test_other_requests_are_answered(method: str, body: bytes, code: int, header: str) -> None:
    """SIP_CASES 1."""
    session = connected()
    (effect,) = session.receive_request(inside(session, method, 2, body))
    assert said(effect).code == code
    assert said(effect).headers.get(header)
    if code == 415:  # of the kinds of an INFO, not of an INVITE
        assert said(effect).headers.get("Accept") == "application/dtmf-relay, application/dtmf"
    assert session.state is S.CONFIRMED


def test_a_request_out_of_order_is_refused() -> None:
    session = connected()
    session.receive_request(inside(session, "OPTIONS", 5))
    with pytest.raises(PeerError) as caught:
        session.receive_request(inside(session, "BYE", 4))
    assert caught.value.status == 500
    assert session.state is S.CONFIRMED


def test_hold_and_resume_three_times() -> None:
    session = connected()
    for cseq in range(2, 8):
        transaction = inside(session, "INVITE", cseq, SDP)
        (offered,) = session.receive_request(transaction)
        assert offered == Offered(transaction, Description.parse(SDP))
        assert isinstance(offered, Offered)
        (effect,) = session.answer_offer(offered, SDP, 10.0)
        assert said(effect).code == 200
        assert session.deadline == 10.0 + T1
        assert session.receive_ack(request("ACK", cseq=cseq)) == []
        assert session.deadline is None
    assert session.state is S.CONFIRMED


def test_a_reinvite_without_sdp_is_answered_in_its_ack() -> None:
    session = connected()
    (offered,) = session.receive_request(inside(session, "INVITE", 2))
    assert isinstance(offered, Offered)
    assert offered.description is None
    session.answer_offer(offered, SDP, 0.0)
    assert session.receive_ack(request("ACK", cseq=2, body=SDP)) == [Confirmed(Description.parse(SDP))]


def test_a_reinvite_that_is_refused_leaves_the_call_as_it_was() -> None:
    """Section 14.2."""
    session = connected()
    (offered,) = session.receive_request(inside(session, "INVITE", 2, SDP))
    assert isinstance(offered, Offered)
    assert said(session.refuse_offer(offered, 488)[0]).code == 488
    assert (session.state, session.deadline) == (S.CONFIRMED, None)
    with pytest.raises(PeerError) as caught:
        session.receive_request(inside(session, "INVITE", 3, b"v=1\r\n"))
    assert caught.value.status == 488
    assert session.state is S.CONFIRMED


def test_a_reinvite_over_another_is_put_off() -> None:
    """Section 14.2: 500 with Retry-After."""
    session = incoming()
    answered(session)
    (effect,) = session.receive_request(inside(session, "INVITE", 2, SDP))
    assert (said(effect).code, said(effect).headers.get("Retry-After")) == (500, "2")


def test_no_ack_of_a_reinvite_ends_the_call() -> None:
    session = connected()
    (offered,) = session.receive_request(inside(session, "INVITE", 2, SDP))
    assert isinstance(offered, Offered)
    session.answer_offer(offered, SDP, 0.0)
    bye, ended = session.tick(64 * T1)
    assert sent(bye).method == "BYE"
    assert ended == Ended(Ending.SILENCE, None, "no ACK came")


# --- the caller ---


def test_ringing_and_answer() -> None:
    session, invite = outgoing()
    assert invite.headers.get("Allow") == ALLOW
    assert session.receive_response(response(invite, 100, tag=None)) == []
    assert session.receive_response(response(invite, 180)) == [Progress(180, None)]
    early = session.receive_response(response(invite, 183, body=SDP))
    assert early == [Progress(183, Description.parse(SDP))]
    ack, accepted = session.receive_response(response(invite, 200, body=SDP))
    assert (sent(ack).method, sent(ack).headers.get("CSeq")) == ("ACK", "1 ACK")
    assert accepted == Accepted(Description.parse(SDP))
    assert session.receive_response(response(invite, 200, body=SDP)) == [ack]  # our ACK was lost
    assert session.receive_response(response(invite, 180)) == []
    assert session.receive_response(response(invite, 486)) == []
    assert sent(session.hangup()[0]).cseq.sequence == 2


def test_an_answer_without_sdp_is_that_of_the_early_media() -> None:
    session, invite = outgoing()
    session.receive_response(response(invite, 183, body=SDP))
    assert session.receive_response(response(invite, 200))[1] == Accepted(Description.parse(SDP))


@pytest.mark.parametrize("body", [b"", b"v=1\r\n"])
def test_an_answer_without_usable_sdp_is_acknowledged_and_ended(body: bytes) -> None:
    session, invite = outgoing()
    effects = session.receive_response(response(invite, 200, body=body))
    assert kinds(effects) == [SendAck, SendRequest, Ended]
    assert effects[2] == Ended(Ending.THEM, 488, "the 2xx had no usable SDP")


@pytest.mark.parametrize("code", [302, 404, 408, 480, 486, 488, 500, 503, 603])
def test_a_refusal_is_told_with_its_status(code: int) -> None:
    session, invite = outgoing()
    refused = response(invite, code)
    assert session.receive_response(refused) == [Ended(Ending.THEM, code, refused.phrase)]
    assert session.receive_response(refused) == []


def test_cancel_waits_for_a_provisional_response() -> None:
    """Section 9.1."""
    session, invite = outgoing()
    assert session.cancel("SIP;cause=200") == []
    (effect,) = session.receive_response(response(invite, 100, tag=None))
    cancel = sent(effect)
    assert (cancel.method, str(cancel.uri)) == ("CANCEL", str(invite.uri))
    assert cancel.headers.get("Via") == invite.headers.get("Via")
    assert cancel.headers.get("CSeq") == "1 CANCEL"
    assert cancel.headers.get("Reason") == "SIP;cause=200"
    assert session.receive_response(response(invite, 180)) == []
    assert session.receive_response(response(cancel, 200)) == []
    assert session.receive_response(response(invite, 487)) == [Ended(Ending.US, 487, "Request Terminated")]


def test_cancel_after_ringing_goes_at_once() -> None:
    session, invite = outgoing()
    session.receive_response(response(invite, 180))
    assert kinds(session.hangup()) == [SendCancel]
    assert session.hangup() == []
    with pytest.raises(StateError):
        session.cancel()


@pytest.mark.parametrize("rings", [False, True])
def test_a_200_that_crosses_our_cancel_is_acknowledged_and_ended(rings: bool) -> None:
    """SIP_CASES 9."""
    session, invite = outgoing()
    if rings:
        session.receive_response(response(invite, 180))
    session.cancel()
    effects = session.receive_response(response(invite, 200, body=SDP))
    assert kinds(effects) == [SendAck, SendRequest, Ended]
    assert sent(effects[1]).method == "BYE"
    assert effects[2] == Ended(Ending.US, 487)
    assert kinds(session.receive_response(response(invite, 200, body=SDP))) == [SendAck]


def test_silence() -> None:
    session, invite = outgoing()
    assert session.timed_out(invite) == [Ended(Ending.SILENCE, 408, "no answer from the other side")]
    assert session.timed_out(invite) == []


def test_silence_after_our_cancel_is_our_ending() -> None:
    session, invite = outgoing()
    session.receive_response(response(invite, 180))
    session.cancel()
    assert session.timed_out(invite) == [Ended(Ending.US, 487, "no answer after the CANCEL")]


def test_nobody_answers_our_bye() -> None:
    session = connected()
    bye = sent(session.hangup()[0])
    assert session.timed_out(bye) == []
    assert session.receive_response(response(bye, 481)) == []


def test_another_branch_of_a_fork_is_released_where_it_stands() -> None:
    """SIP_CASES 16; section 13.2.2.4."""
    session, invite = outgoing()
    session.receive_response(response(invite, 180, tag="a"))
    session.receive_response(response(invite, 180, tag="b"))
    session.receive_response(response(invite, 200, tag="b", body=SDP))
    other = response(invite, 200, tag="a", contact="<sip:other@192.0.2.3>", body=SDP)
    ack, bye = session.receive_response(other)
    assert isinstance(ack, SendAck)
    assert isinstance(bye, SendRequest)
    assert str(ack.hop) == str(bye.hop) == str(bye.request.uri) == "sip:other@192.0.2.3"
    assert bye.request.headers["To"].endswith(";tag=a")
    assert (ack.request.headers.get("CSeq"), bye.request.headers.get("CSeq")) == ("1 ACK", "2 BYE")
    assert session.dialog.remote_tag == "b"
    assert session.state is S.CONFIRMED


# --- credentials ---


def challenge(invite: Request, code: int = 401, **changes: object) -> Response:
    answer = response(invite, code)
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    stale = bool(changes.get("stale"))
    answer.headers.set(name, DigestServer("office").challenges(1000.0, stale=stale)[0])
    return answer


@pytest.mark.parametrize(("code", "name"), [(401, "Authorization"), (407, "Proxy-Authorization")])
def test_a_challenge_is_answered_once(code: int, name: str) -> None:
    """SIP_CASES 10: a wrong password is a refusal, never a loop."""
    session, invite = outgoing("secret")
    (effect,) = session.receive_response(challenge(invite, code))
    again = sent(effect)
    assert again.headers.get(name)
    assert again.headers.get("CSeq") == "2 INVITE"
    assert again.headers.get("From") == invite.headers.get("From")
    assert again.call_id == invite.call_id
    assert again.via[0].parameters["branch"] != invite.via[0].parameters["branch"]
    assert again.body == SDP
    assert session.receive_response(challenge(again, code)) == [
        Ended(Ending.THEM, code, session_phrase(code))
    ]


def session_phrase(code: int) -> str:
    return {401: "Unauthorized", 407: "Proxy Authentication Required"}[code]


def test_a_stale_nonce_is_answered_again_but_not_for_ever() -> None:
    session, invite = outgoing("secret")
    for _ in range(MAX_CHALLENGES):
        (effect,) = session.receive_response(challenge(invite, stale=True))
        invite = sent(effect)
    assert session.receive_response(challenge(invite, stale=True)) == [
        Ended(Ending.THEM, 401, "Unauthorized")
    ]


def test_without_credentials_a_challenge_is_a_refusal() -> None:
    session, invite = outgoing()
    assert session.receive_response(challenge(invite)) == [Ended(Ending.THEM, 401, "Unauthorized")]


def test_a_challenge_of_an_unknown_kind_is_a_refusal() -> None:
    session, invite = outgoing("secret")
    answer = response(invite, 401)
    answer.headers.set("WWW-Authenticate", 'Bearer realm="x"')
    assert session.receive_response(answer) == [Ended(Ending.THEM, 401, "Unauthorized")]


def test_the_ack_has_the_invites_credentials_and_a_challenged_bye_is_sent_again() -> None:
    """Section 13.2.2.4."""
    session, invite = outgoing("secret")
    invite = sent(session.receive_response(challenge(invite))[0])
    ack = sent(session.receive_response(response(invite, 200, body=SDP))[0])
    assert ack.headers.get("Authorization") == invite.headers.get("Authorization")
    bye = sent(session.hangup()[0])
    again = sent(session.receive_response(challenge(bye, 407), request=bye)[0])
    assert (again.method, again.cseq.sequence) == ("BYE", bye.cseq.sequence + 1)
    assert again.headers.get("Proxy-Authorization")
    assert session.receive_response(challenge(again, 407), request=again) == []


def test_no_challenge_revives_a_call_that_we_gave_up() -> None:
    session, invite = outgoing("secret")
    session.receive_response(response(invite, 180))
    session.cancel()
    assert session.receive_response(challenge(invite)) == [Ended(Ending.US, 401, "Unauthorized")]
