"""Dialogs: identity, route sets loose and strict, sequence numbers (RFC 3261 section 12)."""

from __future__ import annotations

import pytest

from sip.dialog import Dialog, LocalSide, bare
from sip.errors import PeerError
from sip.message import URI, Address, parse, tag_of
from tests.unit.sip.wire import raw, request, response

US = LocalSide("192.0.2.9", 5060)
ME = Address(URI("sip", "192.0.2.9", user="desk"), "服务台")


def calling() -> Dialog:
    return Dialog.outgoing(US, URI.parse("sip:agent@192.0.2.2:5062;ob"), from_address=ME)


def called(**changes: str) -> Dialog:
    return Dialog.incoming(US, request(**changes))  # type: ignore[arg-type]


def test_an_outgoing_dialog_names_both_sides() -> None:
    invite = calling().request("INVITE")
    assert str(invite.uri) == "sip:agent@192.0.2.2:5062;ob"
    assert invite.headers.get("To") == "<sip:agent@192.0.2.2>"  # section 19.1.1, table 1
    assert invite.from_address.name == "服务台"
    assert tag_of(invite.from_address)
    assert tag_of(invite.to_address) is None
    assert (invite.cseq.sequence, invite.headers.get("Max-Forwards")) == (1, "70")
    assert str(invite.contact[0].uri) == "sip:desk@192.0.2.9:5060"
    assert invite.via[0].parameters["branch"] != calling().request("INVITE").via[0].parameters["branch"]


def test_an_incoming_dialog_answers_the_side_that_called() -> None:
    dialog = called(from_='"A" <sip:1001@192.0.2.9>;tag=%41!x', to="sip:8000@192.0.2.9")
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:1001@192.0.2.1:5060"
    assert bye.headers.get("To") == '"A" <sip:1001@192.0.2.9>;tag=%41!x'  # as it was written
    assert tag_of(bye.from_address) == dialog.local_tag
    assert bye.headers.get("Contact") is None  # table 2


@pytest.mark.parametrize("contact", [None, "<mailto:a@b>", "*", "<sip:a@b"])
def test_a_caller_that_cannot_be_reached_is_refused(contact: str | None) -> None:
    with pytest.raises(PeerError, match="Contact"):
        Dialog.incoming(US, request(contact=contact))


def test_the_answer_confirms_tag_target_and_route_set() -> None:
    dialog = calling()
    invite = dialog.request("INVITE")
    routes = (("Record-Route", "<sip:p2;lr>, <sip:p1;lr>"),)
    dialog.confirm(response(invite, 200, tag="they", extra=routes))
    assert dialog.remote_tag == "they"
    assert str(dialog.remote_target) == "sip:agent@192.0.2.2:5062"
    assert [str(route.uri) for route in dialog.route_set] == ["sip:p1;lr", "sip:p2;lr"]  # reversed
    bye = dialog.request("BYE")
    assert bye.headers.getlist("Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert str(dialog.next_hop()) == "sip:p1;lr"
    assert bye.cseq.sequence == 2


def test_an_answer_without_a_usable_contact_keeps_the_target() -> None:
    dialog = calling()
    dialog.confirm(response(dialog.request("INVITE"), 200, contact="<sip:a@b"))
    assert str(dialog.remote_target) == "sip:agent@192.0.2.2:5062;ob"


def test_a_called_side_keeps_the_order_of_the_routes() -> None:
    dialog = called(extra="Record-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>")
    bye = dialog.request("BYE")
    assert bye.headers.getlist("Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert str(bye.uri) == "sip:1001@192.0.2.1:5060"


def test_a_strict_router_wants_itself_in_the_uri() -> None:
    """Section 12.2.1.1."""
    dialog = called(extra="Record-Route: <sip:strict>, <sip:p2;lr>")
    bye = dialog.request("BYE")
    assert str(bye.uri) == "sip:strict"
    assert bye.headers.getlist("Route") == ["<sip:p2;lr>", "<sip:1001@192.0.2.1:5060>"]
    assert str(dialog.next_hop()) == "sip:strict"


def test_requests_out_of_order_are_refused_and_change_nothing() -> None:
    """Section 12.2.2: lower is refused with 500; gaps are legal."""
    dialog = called()
    dialog.receive(request("BYE", cseq=7))
    with pytest.raises(PeerError) as caught:
        dialog.receive(request("BYE", cseq=6))
    assert caught.value.status == 500
    assert dialog.remote_cseq == 7
    dialog.receive(request("BYE", cseq=7))


def test_a_request_belongs_by_call_id_and_both_tags() -> None:
    dialog = called()
    to = f"<sip:8000@192.0.2.9>;tag={dialog.local_tag}"
    assert dialog.matches(request("BYE", to=to))
    assert not dialog.matches(request("BYE", to=to, call_id="other"))
    assert not dialog.matches(request("BYE", to=to, from_="<sip:1001@192.0.2.9>;tag=other"))
    assert not dialog.matches(request("BYE", to="<sip:8000@192.0.2.9>;tag=other"))


def test_a_peer_without_a_tag_is_an_rfc_2543_peer() -> None:
    """Section 12.2.1.1: a missing remote tag is a null tag."""
    dialog = called(from_="<sip:old@192.0.2.1>")
    to = f"<sip:8000@192.0.2.9>;tag={dialog.local_tag}"
    assert dialog.matches(request("BYE", from_="<sip:old@192.0.2.1>", to=to))
    assert dialog.request("BYE").headers.get("To") == "<sip:old@192.0.2.1>"


def test_pyvoips_ack_with_a_random_to_tag_is_taken() -> None:
    dialog = called()
    ack = request("ACK", to="<sip:8000@192.0.2.9>;tag=random")
    assert dialog.acknowledged_by(ack)
    assert not dialog.acknowledged_by(request("ACK", cseq=2))
    assert not dialog.acknowledged_by(request("ACK", call_id="other"))


def test_a_request_reads_back() -> None:
    dialog = called()
    for method in ("INVITE", "BYE", "OPTIONS"):
        parse(bytes(dialog.request(method)))
    assert dialog.local_cseq == 3
    assert dialog.request("ACK", cseq=1).cseq.sequence == 1


def test_a_bare_uri_has_neither_port_nor_parameters() -> None:
    assert str(bare(URI.parse("sip:a@b:5070;transport=udp"))) == "sip:a@b"


def test_ipv6_stands_in_brackets() -> None:
    invite = Dialog.outgoing(LocalSide("[::1]", 5060), URI.parse("sip:a@[::2]"), from_address=ME).request(
        "INVITE"
    )
    again = parse(bytes(invite))
    assert again.via[0].host == "[::1]"
    assert str(again.contact[0].uri) == "sip:desk@[::1]:5060"


def test_raw_is_what_request_reads() -> None:
    assert bytes(parse(raw())) == raw()


def test_a_preloaded_route_leads_to_the_target() -> None:
    """RFC 3327 section 5.3: a request to a binding passes the proxies of its Path."""
    route = (Address.parse("<sip:edge.example.com;lr>"), Address.parse("<sip:10.0.0.1;lr>"))
    dialog = Dialog.outgoing(
        US, URI.parse("sip:agent@192.0.2.2?Route=%3Csip:x%3E"), from_address=ME, route=route
    )
    invite = dialog.request("INVITE")
    assert [str(hop) for hop in invite.route] == ["<sip:edge.example.com;lr>", "<sip:10.0.0.1;lr>"]
    assert str(dialog.next_hop()) == "sip:edge.example.com;lr"
    assert str(invite.uri) == "sip:agent@192.0.2.2"  # escaped headers are no part of a request URI


def test_a_caller_of_before_rfc_3261_is_called_back_at_its_from() -> None:
    """RFC 4475 section 3.4.1."""
    dialog = called(contact=None, from_="<sip:+13035551111@192.0.2.50;user=phone>")  # type: ignore[arg-type]
    assert str(dialog.request("BYE").uri) == "sip:+13035551111@192.0.2.50;user=phone"


def test_a_contact_names_its_transport() -> None:
    assert [
        str(LocalSide("192.0.2.9", 5060, transport, secure).contact("desk").uri)
        for transport, secure in (
            ("UDP", False),
            ("TCP", False),
            ("TLS", False),
            ("TLS", True),
            ("WSS", True),
        )
    ] == [
        "sip:desk@192.0.2.9:5060",
        "sip:desk@192.0.2.9:5060;transport=tcp",
        "sip:desk@192.0.2.9:5060;transport=tls",
        "sips:desk@192.0.2.9:5060",
        "sips:desk@192.0.2.9:5060;transport=wss",
    ]
