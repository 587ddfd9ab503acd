"""The layer finds each datagram's transaction, and keeps nothing longer than it must."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip import layer as module
from sip.dialog import LocalSide
from sip.errors import PeerError, SipError
from sip.hop import Hop
from sip.layer import Ack, Stray, TransactionLayer, note_source, reply_address
from sip.message import Request, encode, parse, respond
from sip.transactions import T1, Deliver, Effect, Kind, Send, State, TimedOut, Transaction
from tests.unit.sip.wire import raw, request, response

PHONE = ("192.0.2.1", 5060)
US = LocalSide("192.0.2.9", 5060)


@pytest.fixture
def layer() -> TransactionLayer:
    return TransactionLayer(("192.0.2.9", 5060))


def delivered(effects: list[module.LayerEffect]) -> Transaction:
    (effect,) = effects
    assert isinstance(effect, Deliver)
    return effect.transaction


def ours(method: str = "INVITE") -> Request:
    message = request(method)
    message.via = [US.via()]
    return message


def test_a_request_is_delivered_once(layer: TransactionLayer) -> None:
    transaction = delivered(layer.receive(raw(), PHONE, 0.0))
    assert (transaction.kind, transaction.to, transaction.source) == (Kind.INVITE_SERVER, PHONE, PHONE)
    assert layer.receive(raw(), PHONE, 0.1) == []
    (sent,) = layer.respond(transaction, respond(transaction.request, 180, to_tag="me"), 0.2)
    assert layer.receive(raw(), PHONE, 0.3) == [sent]
    assert len(layer) == 1


def test_a_refusals_ack_stays_below(layer: TransactionLayer) -> None:
    transaction = delivered(layer.receive(raw(), PHONE, 0.0))
    layer.respond(transaction, respond(transaction.request, 486, to_tag="me"), 0.0)
    assert layer.receive(raw("ACK"), PHONE, 0.1) == []
    assert transaction.state is State.CONFIRMED


def test_a_2xxs_ack_goes_up_whatever_its_branch(layer: TransactionLayer) -> None:
    """pyVoIP 1.6.8 uses the INVITE's branch again, others a new one (section 17.1.1.3 wants a new one)."""
    transaction = delivered(layer.receive(raw(), PHONE, 0.0))
    layer.respond(transaction, respond(transaction.request, 200, to_tag="me"), 0.0)
    for branch in ("z9hG4bK1", "z9hG4bK2"):
        (effect,) = layer.receive(raw("ACK", via=f"SIP/2.0/UDP 192.0.2.1;branch={branch}"), PHONE, 0.1)
        assert isinstance(effect, Ack)


def test_a_cancel_finds_its_invite(layer: TransactionLayer) -> None:
    invite = delivered(layer.receive(raw(), PHONE, 0.0))
    cancel = delivered(layer.receive(raw("CANCEL"), PHONE, 0.1))
    assert cancel is not invite
    assert layer.find_invite(cancel.request) is invite
    assert layer.find_invite(request("CANCEL", via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK9")) is None


def test_branches_count_only_with_who_sent_them(layer: TransactionLayer) -> None:
    """Section 17.2.3: two phones may choose the same branch."""
    layer.receive(raw(), PHONE, 0.0)
    delivered(layer.receive(raw(via="SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1"), ("192.0.2.1", 5070), 0.0))
    assert len(layer) == 2


@pytest.mark.parametrize("branch", ["", ";branch=1", ";branch=z9hG4bK"])
def test_rfc_2543_phones_are_told_apart_by_the_request_itself(layer: TransactionLayer, branch: str) -> None:
    via = f"SIP/2.0/UDP 192.0.2.1:5060{branch}"
    transaction = delivered(layer.receive(raw(via=via), PHONE, 0.0))
    assert layer.receive(raw(via=via), PHONE, 0.1) == []
    delivered(layer.receive(raw(via=via, call_id="call-2"), PHONE, 0.2))
    delivered(layer.receive(raw(via=via, cseq=2), PHONE, 0.3))
    delivered(layer.receive(raw("OPTIONS", via=via), PHONE, 0.4))
    layer.respond(transaction, respond(transaction.request, 486, to_tag="me"), 0.5)
    assert layer.receive(raw("ACK", via=via), PHONE, 0.6) == []
    assert transaction.state is State.CONFIRMED


def test_a_stateless_answer_leaves_the_branch_free(layer: TransactionLayer) -> None:
    """pyVoIP 1.6.8 answers a 401 with the same branch and a new CSeq."""
    first = delivered(layer.receive(raw(), PHONE, 0.0))
    layer.forget(first)
    again = delivered(layer.receive(raw(cseq=2), PHONE, 0.1))
    assert again.request.cseq.sequence == 2
    assert len(layer) == 1


def test_our_request_and_its_answers(layer: TransactionLayer) -> None:
    asked = ours()
    transaction, effects = layer.request(asked, PHONE, 0.0)
    assert effects == [Send(encode(asked), PHONE)]
    assert layer.outstanding == 1
    ringing = response(asked, 180)
    (up,) = layer.receive(encode(ringing), PHONE, 0.1)
    assert isinstance(up, Deliver)
    assert up.transaction is transaction
    assert layer.outstanding == 1
    layer.receive(encode(response(asked, 200)), PHONE, 0.2)
    assert layer.outstanding == 0


def test_an_answer_nobody_waits_for_is_counted(layer: TransactionLayer) -> None:
    (effect,) = layer.receive(encode(response(ours(), 200)), PHONE, 0.0)
    assert isinstance(effect, Stray)
    assert layer.counters["stray_response"] == 1


def test_a_cancel_of_ours_bounds_the_invites_life(layer: TransactionLayer) -> None:
    """Section 9.1."""
    invite = ours()
    transaction, _ = layer.request(invite, PHONE, 0.0)
    layer.receive(encode(response(invite, 180)), PHONE, 1.0)
    assert layer.deadline == T1  # may be early
    cancel = ours("CANCEL")
    cancel.headers.set("Via", invite.headers["Via"])
    assert layer.give_up(invite, 10.0) == []
    layer.request(cancel, PHONE, 10.0)
    layer.receive(encode(response(cancel, 200, contact=None)), PHONE, 10.1)
    ended = [e for now in range(11, 60) for e in layer.tick(float(now))]
    assert ended == [TimedOut(transaction)]
    assert (len(layer), layer.outstanding) == (0, 0)


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        (b"x", "not_sip"),
        (b"\r\n\r\n", "not_sip"),
        (b"\x00\x01\x00\x08\x21\x12\xa4\x42" + b"a" * 12, "not_sip"),  # STUN
        (b"\x80\x08\x00\x01" + b"\xd5" * 168, "not_sip"),  # RTP
        (b"\r\n" * 40, "malformed"),
        (b"x" * 65507, "malformed"),
        (b"\xff" * 65507, "not_sip"),
        (b"SIP/2.0 200 OK\r\n\r\n", "malformed"),
    ],
)
def test_what_is_not_sip_is_counted_and_harmless(layer: TransactionLayer, data: bytes, counter: str) -> None:
    assert layer.receive(data, PHONE, 0.0) == []
    assert layer.counters == {counter: 1}
    assert len(layer) == 0


def test_a_broken_request_is_answered_where_it_can_be(layer: TransactionLayer) -> None:
    (effect,) = layer.receive(raw(uri="<sip:a@b>"), PHONE, 0.0)
    assert isinstance(effect, Send)
    assert effect.to == PHONE
    assert effect.data.startswith(b"SIP/2.0 400 Bad Request\r\n")
    assert layer.receive(raw("ACK", uri="<sip:a@b>"), PHONE, 0.0) == []  # an ACK is never answered
    assert len(layer) == 0


def top(message: Request, source: tuple[str, int]) -> str:
    note_source(message, source)
    return message.headers["Via"]


def test_received_and_rport() -> None:
    """RFC 3261 section 18.2.1, RFC 3581 section 4; the rest of the Via stays as it was written."""
    odd = "SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-.!%66*_+`'~"
    assert top(request(via=odd), ("192.0.2.1", 6000)) == odd
    assert top(request(via=odd), ("198.51.100.1", 6000)) == f"{odd};received=198.51.100.1"
    mapped = top(request(via=f"{odd};rport"), ("192.0.2.1", 6000))
    assert mapped == f"{odd};received=192.0.2.1;rport=6000"
    lied = top(request(via=f"{odd} ; received = 203.0.113.9 ;rport=1;x"), ("192.0.2.1", 6000))
    assert lied == f"{odd};x;received=192.0.2.1;rport=6000"


def test_only_the_first_via_is_touched() -> None:
    two = 'SIP/2.0/UDP a.example;x="1,2",SIP/2.0/UDP b.example;rport'
    assert (
        top(request(via=two), PHONE)
        == 'SIP/2.0/UDP a.example;x="1,2";received=192.0.2.1,SIP/2.0/UDP b.example;rport'
    )


def test_ipv6_is_written_bare_and_compared_without_brackets() -> None:
    assert (
        top(request(via="SIP/2.0/UDP [::1];branch=z9hG4bK1"), ("::1", 5060))
        == "SIP/2.0/UDP [::1];branch=z9hG4bK1"
    )
    other = top(request(via="SIP/2.0/UDP [::2];branch=z9hG4bK1"), ("::1", 5060))
    assert other.endswith(";received=::1")
    assert parse(raw(via=other)).via[0].parameters["received"] == "::1"


@pytest.mark.parametrize(
    ("via", "wanted"),
    [
        ("SIP/2.0/UDP 192.0.2.1", ("192.0.2.1", 5060)),
        ("SIP/2.0/UDP 192.0.2.1:5070", ("192.0.2.1", 5070)),
        ("SIP/2.0/UDP phone.example:5070", ("192.0.2.1", 5070)),
        ("SIP/2.0/UDP 10.0.0.1:5070;rport", ("192.0.2.1", 7000)),
        ("SIP/2.0/UDP 192.0.2.1;received=203.0.113.9", ("192.0.2.1", 5060)),
        ("SIP/2.0/UDP 192.0.2.1:0", ("192.0.2.1", 5060)),
    ],
)
def test_answers_go_only_to_where_the_request_came_from(via: str, wanted: tuple[str, int]) -> None:
    source = ("192.0.2.1", 7000)
    message = request(via=via)
    note_source(message, source)
    assert reply_address(message, source) == wanted


def test_the_heap_does_not_grow_with_repeats(layer: TransactionLayer) -> None:
    transaction = delivered(layer.receive(raw("OPTIONS"), PHONE, 0.0))
    layer.respond(transaction, respond(transaction.request, 200), 0.0)
    for n in range(1000):
        layer.receive(raw("OPTIONS"), PHONE, n / 1000)
    assert len(layer._heap) == 1


def test_thousands_of_transactions_are_cheap_and_all_end(layer: TransactionLayer) -> None:
    began = time.process_time()
    for n in range(3000):
        via = f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{n}"
        transaction = delivered(layer.receive(raw("OPTIONS", via=via), PHONE, n / 1000))
        layer.respond(transaction, respond(transaction.request, 200), n / 1000)
        assert layer.outstanding == 0
    del transaction
    assert len(layer) == len(layer._heap) == 3000
    layer.tick(100.0)
    assert (len(layer), len(layer._heap), layer.deadline) == (0, 0, None)
    assert time.process_time() - began < 5
    gc.collect()
    assert not [
        o for o in gc.get_objects() if isinstance(o, Transaction) and o.key[1].startswith("z9hG4bK29")
    ]


def test_a_flood_gets_503_while_dialogs_go_on(
    layer: TransactionLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_TRANSACTIONS", 2)
    for n in range(3):
        effects = layer.receive(raw(via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{n}"), PHONE, 0.0)
    (refused,) = effects
    assert isinstance(refused, Send)
    assert b"503 Service Unavailable" in refused.data
    assert b"Retry-After: 10" in refused.data
    assert (len(layer), layer.counters["overload"]) == (2, 1)
    bye = raw("BYE", via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK9", to="<sip:8000@192.0.2.9>;tag=us")
    delivered(layer.receive(bye, PHONE, 0.0))


def test_ticks_fire_in_order_and_never_late(layer: TransactionLayer) -> None:
    sent: list[float] = []
    layer.request(ours(), PHONE, 0.0)
    layer.request(ours("OPTIONS"), PHONE, 0.25)
    while (when := layer.deadline) is not None:
        if [e for e in layer.tick(when) if isinstance(e, Send)]:
            sent.append(when)
    assert sent == sorted(sent)
    assert sent[:4] == [0.5, 0.75, 1.5, 1.75]
    assert len(layer) == 0


steps = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(["INVITE", "ACK", "CANCEL", "BYE"]), st.integers(0, 2)),
    st.tuples(st.just("respond"), st.sampled_from([100, 180, 200, 486]), st.integers(0, 2)),
    st.tuples(st.just("request"), st.sampled_from(["INVITE", "OPTIONS", "CANCEL"]), st.integers(0, 2)),
    st.tuples(st.just("answer"), st.sampled_from([100, 180, 200, 486]), st.integers(0, 2)),
    st.tuples(st.just("give up"), st.just(""), st.integers(0, 2)),
    st.tuples(st.just("tick"), st.floats(0, 40), st.just(0)),
)


@given(st.lists(steps, max_size=25))
def test_no_sequence_corrupts_the_layer(sequence: list[tuple[str, object, int]]) -> None:
    layer, now = TransactionLayer(("192.0.2.9", 5060)), 0.0
    theirs: list[Transaction] = []
    asked: list[Request] = []
    for kind, what, n in sequence:
        effects: list[module.LayerEffect] | list[Effect] = []
        if kind == "receive":
            effects = layer.receive(
                raw(str(what), via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{n}"), PHONE, now
            )
        elif kind == "respond" and theirs:
            transaction = theirs[n % len(theirs)]
            try:
                effects = layer.respond(transaction, respond(transaction.request, int(str(what))), now)
            except SipError:
                continue
        elif kind == "request":
            asked.append(ours(str(what)))
            _, effects = layer.request(asked[-1], PHONE, now)
        elif kind == "give up" and asked:
            effects = layer.give_up(asked[n % len(asked)], now)
        elif kind == "answer" and asked:
            effects = layer.receive(encode(response(asked[n % len(asked)], int(str(what)))), PHONE, now)
        elif kind == "tick":
            now += float(str(what))
            effects = layer.tick(now)
        theirs += [
            e.transaction for e in effects if isinstance(e, Deliver) and isinstance(e.message, Request)
        ]
        live = [t for t in layer._transactions.values() if t.deadline is not None]
        assert all(t.scheduled is not None and t.scheduled <= (t.deadline or 0) for t in live)
        assert layer.outstanding <= len(layer)


CONNECTION = Hop("192.0.2.1", 40000, "TCP", connection=7)


def test_an_answer_goes_back_over_its_connection(layer: TransactionLayer) -> None:
    via = "SIP/2.0/TCP phone.example:5070;branch=z9hG4bK1;rport"
    transaction = delivered(layer.receive(raw(via=via), CONNECTION, 0.0))
    assert transaction.source == CONNECTION
    # Should it be gone: a new one to the sent-by's port (section 18.2.2).
    assert transaction.to == Hop("192.0.2.1", 5070, "TCP", name="phone.example", connection=7)
    (sent,) = layer.respond(transaction, respond(transaction.request, 486, to_tag="me"), 0.2)
    assert isinstance(sent, Send)
    assert sent.to == transaction.to
    assert b";received=192.0.2.1;rport=40000" in sent.data


def test_a_lost_connection_ends_what_waits_for_it(layer: TransactionLayer) -> None:
    transaction, _ = layer.request(ours("OPTIONS"), CONNECTION, 0.0)
    other, _ = layer.request(ours("OPTIONS"), PHONE, 0.0)
    assert layer.sent_to(transaction.request) == CONNECTION
    assert layer.lost(8, 0.1) == []
    assert layer.lost(7, 0.1) == [TimedOut(transaction)]
    assert layer.sent_to(transaction.request) is None
    assert (layer.outstanding, len(layer), other.terminated) == (1, 1, False)


def test_what_has_no_end_is_refused_where_it_can_be(layer: TransactionLayer) -> None:
    head = raw("OPTIONS").replace(b"Content-Length: 0\r\n", b"")
    (sent,) = layer.refuse_malformed(head, CONNECTION, PeerError("no Content-Length on a stream"))
    assert isinstance(sent, Send)
    assert sent.data.startswith(b"SIP/2.0 400 ")
    assert layer.refuse_malformed(b"", CONNECTION, PeerError("garbage")) == []
