"""URIs, addresses and Vias come out as they went in; hostile ones cost little."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.values import URI, Address, Parameters, Via


@pytest.mark.parametrize(
    "text",
    [
        "sip:1001@192.0.2.1",
        "sip:1001@192.0.2.1:5062;transport=udp;ob",
        "sips:a@example.com",
        "sip:pbx1",
        "sip:a:secret@host.example.com:5060",
        "sip:a@[2001:db8::1]:5060",
        "sip:user;par=u%40example.net@example.com",
        "sip:1@h;gr=urn:uuid:1-2;x=a+b!c%41",
        "sip:1@h?Replaces=a%3Bto-tag%3Db",
        "tel:+8613800000000",
        "urn:service:sos",
    ],
)
def test_a_uri_is_written_as_it_was_read(text: str) -> None:
    assert str(URI.parse(text)) == text


def test_a_uri_gives_its_parts() -> None:
    uri = URI.parse("SIP:%E5%BC%A0:pw@Host1:5080;Transport=UDP;lr")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sip", "张", "pw", "Host1", 5080)
    assert uri.parameters["transport"] == "UDP"
    assert uri.parameters["LR"] is None
    assert uri.is_sip
    assert not URI.parse("tel:110").is_sip


@pytest.mark.parametrize("text", ["", "sip:", "sip:a b@c", "sip:a@b:65536", "<sip:a@b>", "sip:@b@", "1001"])
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        URI.parse(text)


def test_an_address_keeps_quotation_marks_apart() -> None:
    first, second = Address.parse_many(
        '"A, \\"x\\"" <sip:a@b>;q=0.1, "B" <sip:c@d>;+sip.instance="<urn:1;2>"'
    )
    assert (first.name, str(first.uri), first.parameters["q"]) == ('A, "x"', "sip:a@b", "0.1")
    assert (second.name, second.parameters["+SIP.instance"]) == ("B", "<urn:1;2>")
    assert str(second) == '"B" <sip:c@d>;+sip.instance="<urn:1;2>"'
    assert Address.parse(str(first)) == first


def test_without_brackets_the_parameters_are_the_headers() -> None:
    """RFC 3261 section 20.10."""
    address = Address.parse("sip:a@b;tag=1")
    assert (str(address.uri), address.parameters["tag"]) == ("sip:a@b", "1")


def test_a_parameter_may_be_called_self() -> None:
    assert Address.parse("<sip:a@b>;self=1").parameters["self"] == "1"
    assert Parameters(a=None).replace(self="2")["self"] == "2"


def test_tags_are_not_unescaped() -> None:
    """A token knows no escapes (RFC 3261 section 25.1)."""
    assert str(Address.parse("<sip:a@b>;tag=%66!'*+`~")) == "<sip:a@b>;tag=%66!'*+`~"


@pytest.mark.parametrize(
    "text", ["", ";tag=1", "<sip:a@b", '"a <sip:a@b>', "<sip:a@b> x", "<sip:a@b>;;", "<>"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Address.parse(text)


def test_vias_are_read_with_any_legal_spacing() -> None:
    first, second = Via.parse_many(
        "SIP  / 2.0  / UDP     192.0.2.2  : 5061 ;branch =  z9hG4bK1 ,SIP/2.0/TCP [::1];received=::2;rport"
    )
    assert (first.transport, first.host, first.port) == ("UDP", "192.0.2.2", 5061)
    assert first.parameters["branch"] == "z9hG4bK1"
    assert (second.host, second.port, second.parameters["received"]) == ("[::1]", None, "::2")
    assert second.parameters["rport"] is None
    assert str(second) == "SIP/2.0/TCP [::1];received=::2;rport"


@pytest.mark.parametrize("text", ["", "SIP/1.0/UDP a", "SIP/2.0/UDP a:99999", "SIP/2.0/UDP"])
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Via.parse(text)


@pytest.mark.parametrize(
    "hostile",
    ['"<' * 30_000, "a" * 60_000, '"' * 60_000, "<sip:" + "a-" * 30_000, "sip:a;" * 10_000, " " * 60_000],
)
def test_a_hostile_header_costs_little(hostile: str) -> None:
    """One datagram must not stop the others: sipmessage's own patterns took 12 s for the first of these."""
    began = time.process_time()
    for read in (Address.parse_many, Via.parse_many, URI.parse):
        with pytest.raises(ValueError, match=r"."):
            read(hostile)
    assert time.process_time() - began < 0.5


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    for read in (URI.parse, Address.parse_many, Via.parse_many, Parameters.parse):
        try:
            read(text)
        except ValueError:
            continue


tokens = st.text(st.sampled_from("abcXYZ019-.!%*_+`'~"), min_size=1, max_size=12)


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(
    lambda text: text == " ".join(text.split())
)


@given(names, tokens, tokens)
def test_addresses_round_trip(name: str, user: str, tag: str) -> None:
    address = Address(URI("sip", "h", user=user), name, Parameters(tag=tag))
    assert Address.parse(str(address)) == address
