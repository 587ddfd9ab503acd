"""RFC 3263, question by question."""

from __future__ import annotations

import pytest

from sip.hop import Hop
from sip.locate import MAX_TARGETS, Naptr, Question, Record, Srv, literal, locate, ordered, transport_wanted
from sip.message import URI
from sip.transactions import Address

ZONE: dict[tuple[str, str], list[Record]] = {
    ("example.com", "NAPTR"): [
        Naptr(50, 50, "s", "SIP+D2T", "_sip._tcp.example.com"),
        Naptr(10, 50, "S", "sips+d2t", "_sips._tcp.example.com"),
        Naptr(90, 50, "s", "SIP+D2U", "_sip._udp.example.com"),
        Naptr(1, 1, "u", "E2U+sip", "!^.*$!sip:x!"),
    ],
    ("_sips._tcp.example.com", "SRV"): [Srv(1, 0, 5061, "one.example.com")],
    ("_sip._tcp.example.com", "SRV"): [Srv(1, 0, 5062, "one.example.com")],
    ("_sip._udp.example.com", "SRV"): [
        Srv(2, 0, 5071, "two.example.com"),
        Srv(1, 0, 5070, "one.example.com"),
    ],
    ("one.example.com", "A"): ["192.0.2.1"],
    ("one.example.com", "AAAA"): ["2001:db8::1"],
    ("two.example.com", "A"): ["192.0.2.2"],
    ("example.com", "A"): ["192.0.2.9"],
    ("_sip._udp.plain.example", "SRV"): [Srv(1, 0, 5080, "two.example.com")],
    ("_sip._udp.none.example", "SRV"): [Srv(0, 0, 0, ".")],
    ("none.example", "A"): ["192.0.2.7"],
    ("many.example", "A"): [f"192.0.2.{n}" for n in range(50)],
}


def found(text: str, families: tuple[str, ...] = ("A", "AAAA")) -> tuple[list[Address], list[Question]]:
    """The addresses, and what was asked for them."""
    steps = locate(URI.parse(text), families, rng=lambda: 0.0)
    asked: list[Question] = []
    try:
        questions = next(steps)
        while True:
            asked += questions
            questions = steps.send({q: ZONE.get((q.name, q.kind), []) for q in questions})
    except StopIteration as done:
        targets: list[Address] = done.value
        return targets, asked


def test_naptr_chooses_the_transport_and_srv_the_host() -> None:
    targets, _ = found("sip:example.com", ("A",))
    assert targets == [
        Hop("192.0.2.1", 5061, "TLS", name="example.com"),
        Hop("192.0.2.1", 5062, "TCP"),
        ("192.0.2.1", 5070),
        ("192.0.2.2", 5071),
    ]


def test_both_families_in_the_order_wanted() -> None:
    assert found("sip:one.example.com:5060", ("AAAA", "A"))[0] == [("2001:db8::1", 5060), ("192.0.2.1", 5060)]


@pytest.mark.parametrize(
    ("uri", "kinds", "targets"),
    [
        ("sip:example.com;transport=udp", {"SRV", "A"}, [("192.0.2.1", 5070), ("192.0.2.2", 5071)]),
        ("sip:example.com;transport=tcp", {"SRV", "A"}, [Hop("192.0.2.1", 5062, "TCP")]),
        ("sips:example.com", {"SRV", "A"}, [Hop("192.0.2.1", 5061, "TLS", name="example.com")]),
        ("sip:example.com:5099", {"A"}, [("192.0.2.9", 5099)]),
        ("sip:example.com:5099;transport=TCP", {"A"}, [Hop("192.0.2.9", 5099, "TCP")]),
        ("sip:plain.example", {"NAPTR", "SRV", "A"}, [("192.0.2.2", 5080)]),
        ("sip:two.example.com", {"NAPTR", "SRV", "A"}, [("192.0.2.2", 5060)]),
        ("sip:none.example", {"NAPTR", "SRV", "A"}, [("192.0.2.7", 5060)]),
        ("sip:nobody.example", {"NAPTR", "SRV", "A"}, []),
        ("sip:[2001:db8::5]", set(), [("2001:db8::5", 5060)]),
        ("sips:192.0.2.1", set(), [Hop("192.0.2.1", 5061, "TLS")]),
    ],
)
def test_what_a_uri_says_itself_is_not_asked(uri: str, kinds: set[str], targets: list[Address]) -> None:
    got, asked = found(uri, ("A",))
    assert got == targets
    assert {question.kind for question in asked} == kinds


def test_no_more_than_some_addresses() -> None:
    assert len(found("sip:many.example:5060")[0]) == MAX_TARGETS


@pytest.mark.parametrize(
    "text", ["tel:110", "sip:a;transport=sctp", "sips:a;transport=udp", "sip:1.2.3.4;transport=x"]
)
def test_a_uri_that_leads_nowhere(text: str) -> None:
    with pytest.raises(OSError, match=r"."):
        next(locate(URI.parse(text)))


def test_an_address_needs_no_look_up() -> None:
    assert literal(URI.parse("sip:a@192.0.2.1")) == ("192.0.2.1", 5060)
    assert literal(URI.parse("sip:a@[::1]:5070")) == ("::1", 5070)
    assert literal(URI.parse("sip:a@192.0.2.1;transport=tls")) == Hop("192.0.2.1", 5061, "TLS")
    for text in ("sip:a@pbx1", "tel:110", "sip:a@192.0.2.1;transport=sctp"):
        assert literal(URI.parse(text)) is None


def test_the_transport_that_a_uri_wants() -> None:
    wanted = {"sip:a": None, "sip:a;transport=TCP": "TCP", "sips:a": "TLS", "sips:a;transport=ws": "WSS"}
    assert {text: transport_wanted(URI.parse(text)) for text in wanted} == wanted
    assert transport_wanted(URI.parse("sips:a;transport=tcp")) == "TLS"


def test_weights_share_the_load() -> None:
    records = [Srv(1, 10, 1, "light"), Srv(1, 90, 2, "heavy"), Srv(0, 0, 3, "first")]
    draws = iter([0.5, 0.5, 0.5])
    assert [srv.target for srv in ordered(records, lambda: next(draws))] == ["first", "heavy", "light"]
    draws = iter([0.5, 0.05, 0.5])
    assert [srv.target for srv in ordered(records, lambda: next(draws))] == ["first", "light", "heavy"]
