"""Reliable provisional responses, both sides, with time as an argument (RFC 3262)."""

from __future__ import annotations

import pytest

from sip.dialog import Dialog, LocalSide
from sip.effects import Respond
from sip.errors import PeerError
from sip.message import URI, Address, Request, Response, respond
from sip.reliable import Reliability, ReliableSender, acknowledge, is_reliable, is_wanted, rseq_of
from sip.transactions import T1, Kind, Transaction
from tests.unit.sip.wire import SDP, request, response

INVITE = Transaction(Kind.INVITE_SERVER, request(), ("192.0.2.1", 5060), ("server", "reliable"))


def ringing(body: bytes = b"", code: int = 180) -> Respond:
    reply = respond(INVITE.request, code, to_tag="us")
    reply.body = body
    return Respond(INVITE, reply)


def prack(rack: str) -> Request:
    return request("PRACK", cseq=2, extra=f"RAck: {rack}")


def test_it_is_repeated_ever_more_slowly_until_64_t1() -> None:
    sender = ReliableSender(7)
    (sent,) = sender.send(ringing(), 0.0)
    assert sent.response.headers.get("Require") == "100rel"
    assert sent.response.headers.get("RSeq") == "7"
    moments = []
    while (when := sender.deadline) is not None:
        moments.append(when)
        repeated = sender.tick(when)
        assert repeated == ([sent] if when < 64 * T1 else None)
    assert moments == [T1, 1.5, 3.5, 7.5, 15.5, 31.5, 64 * T1]


def test_a_tick_before_its_time_does_nothing() -> None:
    sender = ReliableSender(7)
    assert sender.tick(0.0) == []
    sender.send(ringing(), 0.0)
    assert sender.tick(T1 - 0.01) == []


def test_a_prack_ends_it_and_lets_the_next_one_go() -> None:
    sender = ReliableSender(7)
    sender.send(ringing(), 0.0)
    assert sender.send(ringing(SDP, 183), 0.1) == []
    assert sender.holds_answer
    (following,) = sender.receive(prack("7 1 INVITE"), 0.2)
    assert following.response.headers.get("RSeq") == "8"
    assert not sender.agreed
    assert sender.receive(prack("8 1 INVITE"), 0.3) == []
    assert sender.agreed and not sender.holds_answer
    assert sender.deadline is None


@pytest.mark.parametrize(
    ("rack", "status"), [("8 1 INVITE", 481), ("7 2 INVITE", 481), ("7 1 UPDATE", 481), ("x", 400)]
)
def test_a_prack_for_something_else_is_refused(rack: str, status: int) -> None:
    sender = ReliableSender(7)
    sender.send(ringing(), 0.0)
    with pytest.raises(PeerError) as caught:
        sender.receive(prack(rack), 0.1)
    assert caught.value.status == status
    assert sender.deadline is not None


def test_after_the_final_response_a_prack_is_still_taken() -> None:
    sender = ReliableSender(7)
    sender.send(ringing(), 0.0)
    sender.send(ringing(), 0.0)
    sender.finish()
    assert sender.deadline is None
    assert sender.tick(100.0) == []
    assert sender.receive(prack("7 1 INVITE"), 0.1) == []


# --- the caller ---


def early() -> Dialog:
    local = LocalSide("192.0.2.9", 5060)
    dialog = Dialog.outgoing(
        local, URI.parse("sip:a@192.0.2.2"), from_address=Address(URI("sip", "192.0.2.9"))
    )
    invite = dialog.request("INVITE")
    dialog.confirm(response(invite, 180))
    return dialog


def reliable(dialog: Dialog, rseq: str = "5") -> Response:
    invite = request(call_id=dialog.call_id)
    return response(invite, 180, extra=(("Require", "100rel"), ("RSeq", rseq)))


def test_the_prack_names_response_and_invite() -> None:
    dialog = early()
    rung = reliable(dialog)
    assert is_reliable(rung)
    assert rseq_of(rung) == 5
    sent = acknowledge(dialog, rung, None)
    assert sent is not None
    assert (sent.method, sent.headers.get("RAck")) == ("PRACK", "5 1 INVITE")
    assert sent.cseq.sequence == 2
    assert str(sent.uri) == "sip:agent@192.0.2.2:5062"


@pytest.mark.parametrize(("last", "sent"), [(4, True), (5, False), (3, False)])
def test_repeated_or_out_of_order_it_gets_none(last: int, sent: bool) -> None:
    dialog = early()
    assert (acknowledge(dialog, reliable(dialog), last) is not None) is sent


@pytest.mark.parametrize("rseq", ["", "x", "0", "99999999999", "²"])
def test_an_rseq_that_cannot_be_one(rseq: str) -> None:
    rung = reliable(early(), rseq)
    assert not is_reliable(rung)
    with pytest.raises(PeerError):
        rseq_of(rung)


def test_a_final_response_is_not_provisional() -> None:
    assert not is_reliable(response(request(), 200, extra=(("Require", "100rel"), ("RSeq", "1"))))


@pytest.mark.parametrize(
    ("extra", "offer", "sdp", "reliability", "wanted"),
    [
        ("Require: 100rel", True, False, Reliability.REQUIRED, True),
        ("Require: 100rel", False, False, Reliability.REQUIRED, True),
        ("Supported: 100rel", True, True, Reliability.REQUIRED, False),
        ("Supported: 100rel", True, True, Reliability.MEDIA, True),
        ("Supported: 100rel", True, False, Reliability.MEDIA, False),
        ("Supported: 100rel", True, False, Reliability.ALWAYS, True),
        ("Supported: 100rel", False, False, Reliability.ALWAYS, False),  # it would have to make the offer
        ("Supported: timer", True, True, Reliability.ALWAYS, False),
        ("", True, True, Reliability.ALWAYS, False),
    ],
)
def test_what_is_sent_reliably(
    extra: str, offer: bool, sdp: bool, reliability: Reliability, wanted: bool
) -> None:
    invite = request(extra=extra)
    invite.body = b"v=0" if offer else b""
    response = respond(invite, 183)
    response.body = b"v=0" if sdp else b""
    assert is_wanted(invite, response, reliability) is wanted
