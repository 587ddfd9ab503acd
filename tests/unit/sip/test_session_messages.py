"""What a session puts into its messages and reads out of them."""

from __future__ import annotations

import pytest

from sip.dialog import Dialog, LocalSide
from sip.errors import PeerError
from sip.message import URI, Address
from sip.sdp import Description
from sip.session_messages import ack_of, cancel_of, offer_of, put_sdp, renewed, sdp_of
from tests.unit.sip.wire import SDP, request


def test_a_cancel_repeats_what_names_its_invite() -> None:
    """Section 9.1: one Via, the same Route, To without a tag."""
    invite = request(via="SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b", extra="Route: <sip:p;lr>")
    cancel = cancel_of(invite)
    assert cancel.headers.getlist("Via") == ["SIP/2.0/UDP a;branch=z9hG4bK1"]
    assert cancel.headers.getlist("Route") == ["<sip:p;lr>"]
    assert cancel.headers.get("To") == invite.headers.get("To")


def test_an_ack_has_the_invites_number_and_credentials() -> None:
    """Section 13.2.2.4."""
    dialog = Dialog.outgoing(
        LocalSide("192.0.2.9", 5060), URI("sip", "h"), from_address=Address(URI("sip", "192.0.2.9"))
    )
    invite = dialog.request("INVITE")
    invite.headers.set("Proxy-Authorization", "Digest x")
    dialog.request("PRACK")
    ack = ack_of(dialog, invite)
    assert (ack.method, ack.cseq.sequence, ack.cseq.method) == ("ACK", 1, "ACK")
    assert ack.headers.getlist("Proxy-Authorization") == ["Digest x"]


def test_a_renewed_request_has_a_new_branch_and_number_and_nothing_else_new() -> None:
    dialog = Dialog.outgoing(
        LocalSide("192.0.2.9", 5060), URI("sip", "h"), from_address=Address(URI("sip", "192.0.2.9"))
    )
    first = dialog.request("INVITE")
    put_sdp(first, SDP)
    again = renewed(first, dialog)
    assert again.cseq.sequence == 2
    assert again.body == SDP
    names = first.headers.keys()
    changed = {name for name in names if again.headers.getlist(name) != first.headers.getlist(name)}
    assert changed == {"Via", "CSeq"}


def test_bodies() -> None:
    assert offer_of(request()) is None
    assert offer_of(request(body=SDP)) == Description.parse(SDP)
    other = request(body=SDP)
    other.headers.set("Content-Type", "Application/SDP; charset=utf-8")
    assert offer_of(other) is not None
    other.headers.set("Content-Type", "multipart/mixed")
    with pytest.raises(PeerError) as caught:
        offer_of(other)
    assert (caught.value.status, caught.value.headers) == (415, (("Accept", "application/sdp"),))
    assert sdp_of(other) is None
