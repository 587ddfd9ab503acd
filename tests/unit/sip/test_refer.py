"""REFER as a value: what telephones write, and what is refused."""

from __future__ import annotations

import pytest

from sip.errors import PeerError
from sip.refer import MAX_LENGTH, Refer, Replaces, read_refer, replaces_of, sipfrag
from tests.unit.sip.wire import request


def read(*lines: str) -> Refer:
    return read_refer(request("REFER", extra="\n".join(lines)))


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Refer-To: <sip:8002@192.0.2.9>", "sip:8002@192.0.2.9"),
        ("Refer-To: sip:8002@192.0.2.9", "sip:8002@192.0.2.9"),
        ('r: "Li" <sip:8002@192.0.2.9:5070;method=INVITE>', "sip:8002@192.0.2.9:5070"),
        ("Refer-To: <tel:8002>", "tel:8002"),
    ],
)
def test_a_target(header: str, target: str) -> None:
    refer = read(header)
    assert (str(refer.target), refer.replaces, refer.subscribed) == (target, None, True)


@pytest.mark.parametrize(
    "headers",
    [
        "Replaces=a%2F%2F%2F1-7%40192.0.2.1%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs",
        "Require=replaces&Replaces=a%2F%2F%2F1-7%40192.0.2.1%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs",  # pjsua2
        "Replaces=a///1-7@192.0.2.1%3Bfrom-tag%3Dtheirs%3Bto-tag%3Dours&Require=replaces",
        "replaces=a%2f%2f%2f1-7%40192.0.2.1%3bfrom-tag%3dtheirs%3bto-tag%3dours",
    ],
)
def test_an_escaped_replaces(headers: str) -> None:
    refer = read(f"Refer-To: <sip:8002@192.0.2.9?{headers}>")
    assert refer.replaces == Replaces("a///1-7@192.0.2.1", "ours", "theirs")
    assert str(refer.target) == "sip:8002@192.0.2.9"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((), 400),
        (("Refer-To: <sip:1@h>", "Refer-To: <sip:2@h>"), 400),
        (("Refer-To: <sip:1@h>, <sip:2@h>",), 400),
        (("Refer-To: <nonsense",), 400),
        ((f"Refer-To: <sip:{'1' * MAX_LENGTH}@h>",), 400),
        (("Refer-To: <sip:1@h?Replaces=only-a-call-id>",), 400),
        (("Refer-To: <http://example.com/>",), 416),
        (("Refer-To: <sip:1@h;method=BYE>",), 501),
    ],
)
def test_what_cannot_be_followed_is_refused(lines: tuple[str, ...], status: int) -> None:
    with pytest.raises(PeerError) as caught:
        read(*lines)
    assert caught.value.status == status


def test_who_referred_and_whether_it_listens() -> None:
    refer = read("Refer-To: <sip:1@h>", "Referred-By: <sip:8001@h>", "Refer-Sub: false")
    assert (refer.referred_by, refer.subscribed) == ("<sip:8001@h>", False)
    assert read("Refer-To: <sip:1@h>", "b: <sip:8001@h>;cid=x").referred_by == "<sip:8001@h>;cid=x"
    assert read("Refer-To: <sip:1@h>", "Referred-By: <bro<ken").referred_by == ""


@pytest.mark.parametrize("value", ["c;to-tag=t;from-tag=f", "c@h;to-tag=t;from-tag=f;early-only"])
def test_replaces_writes_itself(value: str) -> None:
    assert str(Replaces.parse(value)) == value


@pytest.mark.parametrize(
    "value",
    ["", "c", "c;to-tag=t", "c;to-tag=t;from-tag=", ";to-tag=t;from-tag=f", "c;to-tag=a;to-tag=b;from-tag=f"],
)
def test_a_replaces_that_names_no_dialog(value: str) -> None:
    with pytest.raises(PeerError):
        Replaces.parse(value)


def test_the_replaces_of_an_invite() -> None:
    assert replaces_of(request()) is None
    assert replaces_of(request(extra="Replaces: c;to-tag=t;from-tag=f")) == Replaces("c", "t", "f")
    one = "Replaces: c;to-tag=t;from-tag=f"
    for extra in (f"{one}\n{one}", f"{one},d;to-tag=t;from-tag=f", f"{one}\nJoin: c;to-tag=t;from-tag=f"):
        with pytest.raises(PeerError):
            replaces_of(request(extra=extra))


def test_sipfrag() -> None:
    assert sipfrag(100) == b"SIP/2.0 100 Trying\r\n"
    assert sipfrag(486) == b"SIP/2.0 486 Busy Here\r\n"
    assert sipfrag(299, "Well") == b"SIP/2.0 299 Well\r\n"
