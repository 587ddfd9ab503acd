"""What a session does beyond the bare INVITE, told as stories with time as an argument."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.effects import (
    Accepted,
    Change,
    Changed,
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
from sip.features import EXPIRED
from sip.message import Request, Response
from sip.sdp import Description
from sip.session import Session
from sip.session_table import State
from sip.session_timer import Refresher, TimerPolicy
from sip.transactions import T1
from tests.unit.sip.test_session import answered, connected, incoming, inside, kinds, outgoing, said, sent
from tests.unit.sip.wire import SDP, request, response

RELIABLE = (("Require", "100rel"), ("RSeq", "5"))
TIMED = "Supported: timer\nAllow: INVITE, UPDATE\n"


def talking(*, extra: tuple[tuple[str, str], ...] = (), now: float = 0.0) -> Session:
    """A call of ours that was answered."""
    session, invite = outgoing()
    session.receive_response(response(invite, 200, body=SDP, extra=extra), now)
    return session


def from_them(session: Session, method: str, cseq: int, body: bytes = b"", tag: str = "they") -> Request:
    """A request of the callee in a dialog of ours."""
    dialog = session.dialog
    return request(
        method,
        from_=f"<sip:agent@192.0.2.2>;tag={tag}",
        to=f"<sip:desk@192.0.2.9>;tag={dialog.local_tag}",
        call_id=dialog.call_id,
        cseq=cseq,
        body=body,
    )


def ticked(session: Session) -> tuple[float, list[Effect]]:
    when = session.deadline
    assert when is not None
    return when, session.tick(when)


def final(effects: list[Effect]) -> Response:
    (effect,) = effects
    return said(effect)


# --- what we say we can ---


def test_our_invite_and_our_200_name_what_we_know() -> None:
    _, invite = outgoing()
    assert invite.headers.get("Supported") == "timer, 100rel, replaces, norefersub"
    assert invite.headers.get("Session-Expires") == "1800"
    reply = answered(incoming())
    assert reply.headers.get("Supported") == "timer, 100rel, replaces, norefersub"
    assert "UPDATE" in (reply.headers.get("Allow") or "")


# --- session timers ---


def test_row_18_we_refresh_by_update_where_they_know_it() -> None:
    session = talking(extra=(("Session-Expires", "90;refresher=uac"), ("Allow", "INVITE, UPDATE")))
    when, (update,) = ticked(session)
    assert when == 45.0
    asked = sent(update)
    assert (asked.method, asked.body) == ("UPDATE", b"")
    assert asked.headers.get("Session-Expires") == "90;refresher=uac"
    granted = response(asked, 200, extra=(("Session-Expires", "90;refresher=uac"),))
    (changed,) = session.receive_response(granted, 45.1)
    assert isinstance(changed, Changed) and changed.change.refresh
    assert session.deadline == pytest.approx(90.1)


def test_row_18_we_refresh_by_reinvite_with_the_same_sdp_where_they_do_not() -> None:
    session = talking(extra=(("Session-Expires", "90;refresher=uac"), ("Allow", "INVITE")))
    _, (again,) = ticked(session)
    assert (sent(again).method, sent(again).body) == ("INVITE", SDP)
    ack, _ = session.receive_response(response(sent(again), 200, body=SDP), 45.1)
    assert isinstance(ack, SendAck)
    assert session.deadline is None  # no Session-Expires: no timer any more


def test_row_18_a_refresher_that_died_ends_the_call() -> None:
    session = incoming(extra=TIMED + "Session-Expires: 90;refresher=uac")
    assert answered(session).headers.get("Session-Expires") == "90;refresher=uac"
    session.receive_ack(request("ACK"))
    when, (bye, ended) = ticked(session)
    assert when == 60.0
    assert sent(bye).headers.get("Reason") == EXPIRED
    assert ended == Ended(Ending.SILENCE, None, "session timer expired")
    assert session.state is State.ENDED and session.deadline is None
    assert session.tick(1000.0) == []


def test_row_18_a_peer_that_does_not_answer_our_refresh_ends_the_call() -> None:
    session = talking(extra=(("Session-Expires", "1800;refresher=uac"), ("Allow", "UPDATE")))
    _, (update,) = ticked(session)
    changed, bye, ended = session.timed_out(sent(update)) or []
    assert isinstance(changed, Changed) and sent(bye).method == "BYE"
    assert isinstance(ended, Ended) and ended.by is Ending.SILENCE


def test_row_18_their_refresh_keeps_it_alive() -> None:
    session = incoming(extra=TIMED + "Session-Expires: 90;refresher=uac")
    answered(session)
    session.receive_ack(request("ACK"))
    update = inside(session, "UPDATE", 2, extra=TIMED + "Session-Expires: 90;refresher=uac")
    reply = final(session.receive_request(update, 45.0))
    assert (reply.code, reply.headers.get("Session-Expires")) == (200, "90;refresher=uac")
    assert session.deadline == 105.0


def test_row_18_too_small_an_interval_is_refused() -> None:
    with pytest.raises(PeerError) as caught:
        incoming(extra=TIMED + "Session-Expires: 30")
    assert caught.value.status == 422
    session = connected()
    with pytest.raises(PeerError, match="small"):
        session.receive_request(inside(session, "INVITE", 2, SDP, TIMED + "Session-Expires: 30"))


def test_row_18_a_422_to_our_invite_is_answered_with_more() -> None:
    session, invite = outgoing()
    refusal = response(invite, 422, extra=(("Min-SE", "3600"),))
    (again,) = session.receive_response(refusal)
    assert sent(again).headers.get("Session-Expires") == "3600"
    assert sent(again).headers.get("Min-SE") == "3600"
    assert sent(again).cseq.sequence == 2
    assert session.state is State.CALLING
    (ended,) = session.receive_response(response(sent(again), 422, extra=(("Min-SE", "3600"),)))
    assert isinstance(ended, Ended)


def test_as_callee_we_refresh_when_they_want_us_to() -> None:
    session = incoming(extra=TIMED + "Session-Expires: 90;refresher=uas")
    answered(session)
    session.receive_ack(request("ACK"))
    assert session.features.timer.refresher is Refresher.US
    _, (update,) = ticked(session)
    assert sent(update).headers.get("Session-Expires") == "90;refresher=uac"  # of this request we are the UAC


def test_a_policy_of_none_asks_for_none() -> None:
    dialog = outgoing()[0].dialog
    session = Session.outgoing(dialog, timer=TimerPolicy(0))
    (effect,) = session.invite(SDP)
    assert sent(effect).headers.get("Session-Expires") is None


# --- our re-INVITE, and theirs ---


def test_row_3_a_reinvite_of_ours() -> None:
    session = talking()
    change = Change("INVITE", SDP)
    (effect,) = session.features.change(change, 1.0)
    asked = sent(effect)
    assert asked.headers.get("Allow") and asked.headers.get("Session-Expires")
    ack, changed = session.receive_response(response(asked, 200, body=SDP), 1.1)
    assert isinstance(ack, SendAck)
    assert changed == Changed(change, 200, "OK", Description.parse(SDP))
    assert session.state is State.CONFIRMED


def test_a_reinvite_without_a_call_is_an_error() -> None:
    with pytest.raises(StateError):
        incoming().features.change(Change("INVITE", SDP), 0.0)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_row_3_an_offer_that_crosses_ours_gets_491(method: str) -> None:
    session = talking()
    session.features.change(Change("INVITE", SDP), 1.0)
    crossing = inside(session, method, 1, SDP)
    assert final(session.receive_request(crossing, 1.0)).code == 491


def test_an_update_without_an_offer_crosses_nothing() -> None:
    session = talking()
    session.features.change(Change("INVITE", SDP), 1.0)
    assert final(session.receive_request(inside(session, "UPDATE", 1), 1.0)).code == 200


def test_ours_waits_for_the_ack_of_theirs() -> None:
    session = connected()
    (offered,) = session.receive_request(inside(session, "INVITE", 2, SDP))
    assert isinstance(offered, Offered)
    session.answer_offer(offered, SDP, 1.0)
    assert session.features.change(Change("INVITE", SDP), 1.0) == []
    session.receive_ack(request("ACK", cseq=2))
    assert sent(session.tick(1.1)[0]).method == "INVITE"


def test_ours_is_tried_again_after_glare() -> None:
    session = talking()
    (effect,) = session.features.change(Change("INVITE", SDP), 1.0)
    assert session.receive_response(response(sent(effect), 491), 1.0) == []
    when, (again,) = ticked(session)
    assert 3.1 <= when <= 5.0  # section 14.1: we made the Call-ID
    assert sent(again).method == "INVITE"


def test_their_bye_answers_our_reinvite_too() -> None:
    session = talking()
    (effect,) = session.features.change(Change("INVITE", SDP), 1.0)
    session.receive_request(inside(session, "BYE", 1))
    (changed,) = session.receive_response(response(sent(effect), 481), 1.1)
    assert isinstance(changed, Changed)  # and no second BYE


# --- UPDATE ---


def test_an_update_with_an_offer_is_answered_like_a_reinvite_without_ack() -> None:
    session = connected()
    (offered,) = session.receive_request(inside(session, "UPDATE", 2, SDP), 1.0)
    assert isinstance(offered, Offered) and offered.description is not None
    (effect,) = session.answer_offer(offered, SDP, 1.0)
    assert said(effect).body == SDP
    assert session.deadline is None  # no ACK is awaited


def test_an_update_moves_the_target() -> None:
    session = connected()
    moved = inside(session, "UPDATE", 2)
    moved.request.headers.set("Contact", "<sip:1001@192.0.2.77>")
    session.receive_request(moved, 1.0)
    assert str(session.dialog.remote_target) == "sip:1001@192.0.2.77"


def test_an_offer_before_the_first_one_is_answered_must_wait() -> None:
    """RFC 3311 section 5.2."""
    session = incoming()
    reply = final(session.receive_request(inside(session, "UPDATE", 2, SDP), 1.0))
    assert reply.code == 500
    assert reply.headers.get("Retry-After")
    waiting = incoming(body=b"")
    answered(waiting)
    assert final(waiting.receive_request(inside(waiting, "UPDATE", 2, SDP), 1.0)).code == 491


# --- reliable provisional responses ---


def rung(now: float = 0.0, body: bytes = b"", code: int = 180) -> tuple[Session, Response]:
    session = incoming(extra="Require: 100rel")
    return session, said(session.provisional(code, body, now)[0])


def prack(session: Session, response: Response, cseq: int = 2, body: bytes = b"") -> list[Effect]:
    rack = f"RAck: {response.headers.get('RSeq')} 1 INVITE"
    return session.receive_request(inside(session, "PRACK", cseq, body, rack), 0.2)


def test_a_caller_that_requires_it_gets_reliable_ringing() -> None:
    session, ringing = rung()
    assert ringing.headers.get("Require") == "100rel"
    when, (again,) = ticked(session)
    assert when == T1 and said(again) is ringing
    assert final(prack(session, ringing)).code == 200
    assert session.deadline == 60.0  # nothing but the repeat of the ringing, which proxies want


def test_a_caller_that_only_knows_it_gets_plain_ringing() -> None:
    session = incoming(extra="Supported: 100rel")
    assert said(session.provisional(180)[0]).headers.get("RSeq") is None


def test_without_a_prack_the_invite_is_refused() -> None:
    session, _ = rung()
    last: list[Effect] = []
    while session.deadline is not None:
        when, last = ticked(session)
    assert when == 64 * T1
    assert said(last[0]).code == 500
    assert last[1] == Ended(Ending.SILENCE, 500, "no PRACK came")


def test_an_answer_waits_for_the_prack_of_early_media() -> None:
    session, early = rung(body=SDP, code=183)
    assert session.answer(SDP, 0.1) == []
    ok, answer = prack(session, early)
    assert [said(ok).code, said(answer).code] == [200, 200]
    assert said(answer).cseq.method == "INVITE"
    assert session.receive_ack(request("ACK")) == [Confirmed()]


def test_an_answer_that_waits_in_vain_is_a_refusal() -> None:
    session, _ = rung(body=SDP, code=183)
    session.answer(SDP, 0.1)
    refused, ended = session.tick(64 * T1)
    assert said(refused).code == 500
    assert isinstance(ended, Ended) and session.state is State.ENDED


def test_row_2_an_answer_that_waits_can_still_be_cancelled_or_taken_back() -> None:
    session, _ = rung(body=SDP, code=183)
    session.answer(SDP, 0.1)
    refused, ended = session.receive_cancel()
    assert said(refused).code == 487 and isinstance(ended, Ended)
    other, _ = rung(body=SDP, code=183)
    other.answer(SDP, 0.1)
    assert said(other.hangup()[0]).code == 480
    third, _ = rung(body=SDP, code=183)
    third.answer(SDP, 0.1)
    ok, refused, _ = third.receive_request(inside(third, "BYE", 2), 0.2)
    assert [said(ok).code, said(refused).code] == [200, 487]


def test_after_early_media_an_update_may_offer() -> None:
    session, early = rung(body=SDP, code=183)
    prack(session, early)
    assert kinds(session.receive_request(inside(session, "UPDATE", 3, SDP), 1.0)) == [Offered]


def test_a_prack_with_an_offer_is_answered_in_its_200() -> None:
    session, early = rung(body=SDP, code=183)
    (offered,) = prack(session, early, body=SDP)
    assert isinstance(offered, Offered)
    (reply,) = session.answer_offer(offered, SDP, 1.0)
    assert said(reply).cseq.method == "PRACK" and said(reply).body == SDP


def test_plain_ringing_does_not_hold_the_answer() -> None:
    session, ringing = rung()
    assert said(session.answer(SDP, 0.1)[0]).code == 200
    assert final(prack(session, ringing)).code == 200


def test_a_caller_that_offers_nothing_hears_no_ringing_where_it_must_be_reliable() -> None:
    session = incoming(body=b"", extra="Require: 100rel")
    assert session.provisional(180, b"", 0.0) == []


def test_a_prack_of_nothing_gets_481() -> None:
    session = connected()
    with pytest.raises(PeerError) as caught:
        session.receive_request(inside(session, "PRACK", 2, extra="RAck: 1 1 INVITE"))
    assert caught.value.status == 481


def test_we_acknowledge_theirs_once() -> None:
    session, invite = outgoing()
    ringing = response(invite, 180, extra=RELIABLE)
    acknowledged, progress = session.receive_response(ringing, 0.0)
    assert sent(acknowledged).headers.get("RAck") == "5 1 INVITE"
    assert progress == Progress(180, None)
    assert session.receive_response(ringing, 0.5) == []
    assert session.receive_response(response(sent(acknowledged), 200), 0.6) == []
    ack, accepted = session.receive_response(response(invite, 200, body=SDP), 1.0)
    assert sent(ack).cseq.sequence == 1 and isinstance(accepted, Accepted)
    assert sent(session.hangup()[0]).cseq.sequence == 3  # after the PRACK's 2


def test_a_cancel_that_waited_goes_out_with_the_prack() -> None:
    session, invite = outgoing()
    session.cancel()
    effects = session.receive_response(response(invite, 180, extra=RELIABLE), 0.0)
    assert kinds(effects) == [SendRequest, SendCancel]


# --- forks ---


def test_row_16_two_early_dialogs_one_answer() -> None:
    session, invite = outgoing()
    media = SDP.replace(b"4000", b"4444")
    (one,) = session.receive_response(response(invite, 183, tag="one", body=SDP), 0.0)
    (two,) = session.receive_response(response(invite, 183, tag="two", body=media), 0.1)
    assert isinstance(one, Progress) and isinstance(two, Progress)
    assert (one.tag, two.tag) == ("one", "two")
    early = session.features.forks.early_media
    assert early == {"one": Description.parse(SDP), "two": Description.parse(media)}
    _, accepted = session.receive_response(response(invite, 200, tag="one"), 1.0)
    assert accepted == Accepted(Description.parse(SDP))  # the early media of the branch that answered
    assert session.dialog.remote_tag == "one"
    late = session.receive_response(response(invite, 200, tag="two", body=SDP), 1.1)
    assert [sent(effect).method for effect in late] == ["ACK", "BYE"]
    assert session.state is State.CONFIRMED


def test_row_16_reliable_responses_are_acknowledged_in_their_own_branch() -> None:
    session, invite = outgoing()
    session.receive_response(response(invite, 180, tag="one", extra=RELIABLE), 0.0)
    contact = "<sip:two@192.0.2.4>"
    two, _ = session.receive_response(response(invite, 180, tag="two", contact=contact, extra=RELIABLE), 0.1)
    assert isinstance(two, SendRequest)
    assert str(two.request.uri) == "sip:two@192.0.2.4"
    assert two.hop is not None
    assert two.request.cseq.sequence == 2


def test_row_16_an_update_comes_in_a_branch_of_its_own() -> None:
    session, invite = outgoing()
    session.receive_response(response(invite, 183, tag="one", body=SDP), 0.0)
    session.receive_response(response(invite, 183, tag="two"), 0.0)
    update = from_them(session, "UPDATE", 7, tag="two")
    forks = session.features.forks
    assert forks.owns(update) and not forks.owns(from_them(session, "UPDATE", 7, tag="three"))
    transaction = inside(session, "UPDATE", 7)
    transaction.request = update
    assert final(session.receive_request(transaction, 0.1)).code == 200


def test_a_bye_in_an_early_dialog_is_refused() -> None:
    """Section 15: a callee refuses, it does not hang up."""
    session, invite = outgoing()
    session.receive_response(response(invite, 183, tag="one", body=SDP), 0.0)
    transaction = inside(session, "BYE", 1)
    transaction.request = from_them(session, "BYE", 1, tag="one")
    (effect,) = session.receive_request(transaction, 0.1)
    assert isinstance(effect, Respond) and effect.response.code == 481
    assert session.state is State.EARLY


# --- anything, in any order ---

THEIRS = ("UPDATE", "UPDATE offer", "INVITE offer", "PRACK", "BYE", "CANCEL", "ACK")
OURS = ("ring", "early media", "answer", "change", "hang up")
ANSWERS = (200, 401, 408, 422, 481, 491, 500)


class Chaos:
    """A callee's session to which anything happens; what we sent is answered by anything."""

    def __init__(self, extra: str) -> None:
        self.session = incoming(extra=extra)
        self.now, self.cseq = 0.0, 1
        self.open: list[Request] = []

    def take(self, effects: list[Effect]) -> None:
        self.open += [effect.request for effect in effects if isinstance(effect, SendRequest)]
        for effect in effects:
            if isinstance(effect, Offered):
                self.take(self.session.answer_offer(effect, SDP, self.now))

    def theirs(self, what: str) -> None:
        method, _, offer = what.partition(" ")
        if method == "ACK":
            self.take(self.session.receive_ack(request("ACK", cseq=self.cseq)))
        elif method == "CANCEL":
            self.take(self.session.receive_cancel())
        else:
            self.cseq += 1
            rseq = self.session.features.reliable._open
            rack = f"RAck: {rseq.rseq if rseq else 1} 1 INVITE"
            asked = inside(self.session, method, self.cseq, SDP if offer else b"", rack + "\n" + TIMED)
            self.take(self.session.receive_request(asked, self.now))

    def ours(self, what: str) -> None:
        session = self.session
        match what:
            case "ring":
                self.take(session.provisional(180, b"", self.now))
            case "early media":
                self.take(session.provisional(183, SDP, self.now))
            case "answer":
                self.take(session.answer(SDP, self.now))
            case "change":
                self.take(session.features.change(Change("INVITE", SDP), self.now))
            case _:
                self.take(session.hangup())

    def step(self, what: str | int | float) -> None:
        try:
            if isinstance(what, float):
                self.now += what
                self.take(self.session.tick(self.now))
            elif isinstance(what, int):
                if self.open:
                    asked = self.open.pop()
                    granted = (("Session-Expires", "90;refresher=uac"), ("Min-SE", "100"))
                    self.take(self.session.receive_response(response(asked, what, extra=granted), self.now))
            elif what in OURS:
                self.ours(what)
            else:
                self.theirs(what)
        except (PeerError, StateError):
            pass  # refused: nothing has happened


@given(
    st.sampled_from(["", "Require: 100rel\n" + TIMED, TIMED + "Session-Expires: 90;refresher=uas"]),
    st.lists(
        st.one_of(
            st.sampled_from(THEIRS), st.sampled_from(OURS), st.sampled_from(ANSWERS), st.floats(0.1, 100.0)
        ),
        max_size=40,
    ),
)
def test_whatever_happens_it_can_end_and_then_wants_nothing(
    extra: str, story: list[str | int | float]
) -> None:
    chaos = Chaos(extra)
    for what in story:
        chaos.step(what)
        deadline = chaos.session.deadline
        assert deadline is None or deadline < chaos.now + 2000
        assert len(chaos.open) <= len(story)
    chaos.step("hang up")
    chaos.step("BYE")
    assert chaos.session.state is State.ENDED
    assert chaos.session.deadline is None
    assert chaos.session.tick(chaos.now + 5000) == []
