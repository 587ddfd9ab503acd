"""Bindings as RFC 3261 section 10.3 keeps them; time is given."""

from __future__ import annotations

import pytest

from sip.errors import PeerError
from sip.hop import Hop
from sip.message import Request
from sip.registrar import DEFAULT_EXPIRES, MAX_CONTACTS, MAX_EXPIRES, MIN_EXPIRES, Registrar, SavedBinding
from tests.unit.sip.wire import request

THERE = ("192.0.2.1", 5060)


def register(
    contact: str | None = "<sip:1001@192.0.2.1:5060>", expires: int | str | None = None, **changes: object
) -> Request:
    extra = "" if expires is None else f"Expires: {expires}"
    return request("REGISTER", contact=contact, extra=extra, **changes)  # type: ignore[arg-type]


def contacts(registrar: Registrar, now: float = 0.0) -> list[str]:
    return sorted(str(binding.contact) for binding in registrar.lookup("1001", now))


def refused(registrar: Registrar, asked: Request, now: float = 0.0) -> PeerError:
    before = contacts(registrar, now)
    with pytest.raises(PeerError) as caught:
        registrar.register("1001", asked, THERE, now)
    assert contacts(registrar, now) == before  # all of it is done, or none
    return caught.value


@pytest.mark.parametrize(
    ("contact", "expires", "seconds"),
    [
        ("<sip:1001@192.0.2.1>", None, DEFAULT_EXPIRES),
        ("<sip:1001@192.0.2.1>", 120, 120),
        ("<sip:1001@192.0.2.1>;expires=90", 120, 90),
        ("<sip:1001@192.0.2.1>;expires=90000", None, MAX_EXPIRES),
        ("<sip:1001@192.0.2.1>;expires=soon", 120, 120),
        ("<sip:1001@192.0.2.1>", "soon", DEFAULT_EXPIRES),
        ("<sip:1001@192.0.2.1>", "9" * 5000, DEFAULT_EXPIRES),
    ],
)
def test_a_binding_lasts_as_long_as_asked_and_no_longer(
    contact: str, expires: int | str | None, seconds: int
) -> None:
    registrar = Registrar()
    answer = registrar.register("1001", register(contact, expires), THERE, 100.0)
    assert answer.code == 200
    assert [str(a) for a in answer.contact] == [f"<sip:1001@192.0.2.1>;expires={seconds}"]
    assert contacts(registrar, 100.0 + seconds - 0.1) == ["sip:1001@192.0.2.1"]
    assert registrar.users(100.0 + seconds - 0.1) == ["1001"]
    assert contacts(registrar, 100.0 + seconds) == []
    assert registrar.users(100.0 + seconds) == []


def test_a_refresh_replaces_and_another_contact_stands_beside_it() -> None:
    registrar = Registrar()
    registrar.register("1001", register(expires=60), THERE, 0.0)
    registrar.register("1001", register(expires=60, cseq=2), THERE, 50.0)
    assert len(registrar.lookup("1001", 100.0)) == 1
    answer = registrar.register("1001", register("<sip:1001@192.0.2.7>", 600, call_id="other"), THERE, 100.0)
    assert [address.parameters["expires"] for address in answer.contact] == ["10", "600"]


def test_the_newest_stands_first() -> None:
    registrar = Registrar()
    registrar.register("1001", register("<sip:a@h>", 60), THERE, 0.0)
    registrar.register("1001", register("<sip:b@h>", 60, cseq=2), THERE, 1.0)
    assert [str(binding.contact) for binding in registrar.lookup("1001", 2.0)] == ["sip:b@h", "sip:a@h"]


def test_a_query_changes_nothing() -> None:
    registrar = Registrar()
    registrar.register("1001", register(), THERE, 0.0)
    assert len(registrar.register("1001", register(None), THERE, 1.0).contact) == 1


def test_zero_takes_one_contact_away_and_the_star_all() -> None:
    registrar = Registrar()
    registrar.register("1001", register("<sip:a@h>, <sip:b@h>, <sip:c@h>"), THERE, 0.0)
    assert len(contacts(registrar)) == 3
    registrar.register("1001", register("<sip:a@h>;expires=0", cseq=2), THERE, 0.0)
    assert contacts(registrar) == ["sip:b@h", "sip:c@h"]
    registrar.register("1001", register("*", 0, cseq=3), THERE, 0.0)
    assert contacts(registrar) == []
    assert registrar._bindings == {}


@pytest.mark.parametrize("expires", [None, 60, "soon"])
def test_the_star_needs_expires_0(expires: int | str | None) -> None:
    registrar = Registrar()
    registrar.register("1001", register(), THERE, 0.0)
    assert refused(registrar, register("*", expires, cseq=2)).status == 400


@pytest.mark.parametrize("contact", ["<sip:1001@192.0.2.1:5060>", "*"])
def test_a_register_out_of_order_is_refused(contact: str) -> None:
    """Section 10.3, step 7: within one Call-ID."""
    registrar = Registrar()
    registrar.register("1001", register(cseq=5), THERE, 0.0)
    assert refused(registrar, register(contact, 0, cseq=4)).status == 500
    registrar.register("1001", register(contact, 0, cseq=4, call_id="after a restart"), THERE, 0.0)
    assert contacts(registrar) == []


def test_too_brief_says_what_is_long_enough() -> None:
    error = refused(Registrar(), register(expires=MIN_EXPIRES - 1))
    assert (error.status, error.headers) == (423, (("Min-Expires", str(MIN_EXPIRES)),))


def test_one_bad_contact_spoils_the_lot() -> None:
    registrar = Registrar()
    assert refused(registrar, register("<sip:a@h>, <sip:b@h>;expires=1")).status == 423
    assert refused(registrar, register("<sip:a@h>, <mailto:b@h>")).status == 400
    assert refused(registrar, register("<sip:a@h")).status == 400


def test_contacts_of_one_user_are_bounded() -> None:
    registrar = Registrar()
    many = ", ".join(f"<sip:a{n}@h>" for n in range(MAX_CONTACTS + 1))
    assert refused(registrar, register(many)).status == 403


def test_hosts_are_the_same_in_any_case() -> None:
    registrar = Registrar()
    registrar.register("1001", register("<sip:a@Phone.local>"), THERE, 0.0)
    registrar.register("1001", register("<sip:a@phone.LOCAL:5060>", cseq=2), THERE, 0.0)
    assert len(contacts(registrar)) == 1


@pytest.mark.parametrize(
    ("contact", "flow"),
    [
        ("<sip:1001@192.0.2.1:9999>", None),
        ("<sip:1001@10.0.0.5>", THERE),
    ],
)
def test_a_contact_behind_a_nat_is_reached_where_its_packets_come_from(
    contact: str, flow: tuple[str, int] | None
) -> None:
    registrar = Registrar()
    registrar.register("1001", register(contact), THERE, 0.0)
    assert registrar.lookup("1001", 0.0)[0].flow == flow


PATH = ("<sip:edge.example.com;lr>", "<sip:10.0.0.1:5070;lr;ob>")


def test_the_path_is_kept_and_told_back() -> None:
    """RFC 3327 section 5.3."""
    registrar = Registrar()
    message = register()
    message.headers.setlist("Path", [", ".join(PATH)])
    answer = registrar.register("1001", message, THERE, 0.0)
    assert list(answer.headers.getlist("Path")) == [", ".join(PATH)]
    (binding,) = registrar.lookup("1001", 1.0)
    assert tuple(map(str, binding.path)) == PATH
    assert binding.flow is None


@pytest.mark.parametrize("path", ["nonsense <", "<tel:1>", "<sip:a"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    registrar = Registrar()
    message = register()
    message.headers.setlist("Path", [path])
    with pytest.raises(PeerError) as caught:
        registrar.register("1001", message, THERE, 0.0)
    assert caught.value.status == 400
    assert registrar.lookup("1001", 1.0) == []


def test_what_is_dumped_is_loaded() -> None:
    one, other = Registrar(), Registrar()
    for port in (5060, 5070):
        message = register(contact=f"<sip:1001@10.0.0.7:{port};ob>")
        message.headers.setlist("Path", list(PATH))
        one.register("1001", message, THERE, 0.0)
    for saved in one.dump("1001", 10.0):
        other.load(saved, 5000.0)
    left = [
        (b.contact, b.source, b.call_id, b.cseq, b.path, b.expires - 10.0) for b in one.lookup("1001", 10.0)
    ]
    assert [
        (b.contact, b.source, b.call_id, b.cseq, b.path, b.expires - 5000.0)
        for b in other.lookup("1001", 5000.0)
    ] == left
    assert one.dump("nobody", 0.0) == []


@pytest.mark.parametrize(("contact", "seconds", "path"), [("x", 9.0, ()), ("sip:a@b", 9.0, ("<",))])
def test_what_cannot_be_loaded_is_told(contact: str, seconds: float, path: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        Registrar().load(SavedBinding("1001", contact, THERE, seconds, "c", 1, path), 0.0)


@pytest.mark.parametrize(("contact", "seconds"), [("sip:a@b", 0.0), ("sip:a@b", -5.0), ("tel:1", 9.0)])
def test_what_is_over_is_not_loaded(contact: str, seconds: float) -> None:
    registrar = Registrar()
    registrar.load(SavedBinding("1001", contact, THERE, seconds, "c", 1), 0.0)
    assert registrar.users(0.0) == []


def test_a_phone_with_a_connection_is_reached_over_it() -> None:
    registrar = Registrar()
    connection = Hop("192.0.2.1", 40000, "TLS", connection=7)
    registrar.register("1001", register("<sips:1001@192.0.2.1:5061>"), connection, 0.0)
    assert registrar.lookup("1001", 1.0)[0].flow == connection


def over(transport: str, connection: int = 7) -> Hop:
    return Hop("192.0.2.1", 40000, transport, connection=connection)


FLOWS = pytest.mark.parametrize(
    ("contact", "transport", "lasts"),
    [
        ("<sip:1001@192.0.2.1:5062;transport=tcp>", "TCP", True),  # it may listen there
        ("<sip:1001@192.0.2.1:5062>", "TCP", False),  # that would be UDP
        ("<sip:1001@10.0.0.5:5062;transport=tcp>", "TCP", False),  # behind a NAT
        ("<sip:1001@192.0.2.1:5062;transport=tls>", "TLS", False),  # it has no certificate to show
        ("<sip:1001@a1b2.invalid;transport=ws>", "WS", False),
        ("<sips:1001@a1b2.invalid;transport=ws>", "WSS", False),
    ],
)


@FLOWS
def test_a_binding_ends_with_its_connection_where_nothing_else_leads_there(
    contact: str, transport: str, lasts: bool
) -> None:
    registrar = Registrar()
    registrar.register("1001", register(contact), over(transport), 0.0)
    assert registrar.lost(8) == []
    assert registrar.lost(7) == ([] if lasts else ["1001"])
    assert bool(registrar.lookup("1001", 1.0)) is lasts
    assert bool(registrar.users(1.0)) is lasts
    assert registrar.lost(7) == []


@FLOWS
def test_over_a_restart_it_is_kept_where_it_can_be_reached(contact: str, transport: str, lasts: bool) -> None:
    registrar, after = Registrar(), Registrar()
    registrar.register("1001", register(contact), over(transport), 0.0)
    for saved in registrar.dump("1001", 1.0):
        after.load(saved, 100.0)
    found = after.lookup("1001", 101.0)
    assert bool(found) is lasts
    assert all(binding.flow is None for binding in found)  # a new connection, to where it listens


def test_another_connection_of_the_same_phone_stays() -> None:
    registrar = Registrar()
    registrar.register("1001", register("<sip:1001@one.invalid;transport=ws>"), over("WS", 1), 0.0)
    registrar.register("1001", register("<sip:1001@two.invalid;transport=ws>"), over("WS", 2), 0.0)
    assert registrar.lost(1) == ["1001"]
    assert contacts(registrar) == ["sip:1001@two.invalid;transport=ws"]


def test_who_registered_again_over_another_connection_stays() -> None:
    registrar = Registrar()
    for connection in (1, 2):
        registrar.register("1001", register("<sip:1001@x.invalid;transport=ws>"), over("WS", connection), 0.0)
    assert registrar.lost(1) == []
    assert contacts(registrar)
