"""Who calls, by which way, and why something ended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.identity import (
    ELSEWHERE,
    Reason,
    asserted,
    asserted_number,
    diversions,
    first_diverting,
    history,
    reasons,
    wants_privacy,
)
from tests.unit.sip.wire import request


def test_reasons_are_read_and_written() -> None:
    asked = request(
        "BYE", extra='Reason: SIP ;cause=200 ;text="Call completed, \\"elsewhere\\"", Q.850;cause=16;text=x'
    )
    assert reasons(asked) == (Reason("SIP", 200, 'Call completed, "elsewhere"'), Reason("Q.850", 16, "x"))
    assert str(ELSEWHERE) == 'SIP;cause=200;text="Call completed elsewhere"'
    assert str(Reason("Q.850", 16)) == "Q.850;cause=16"
    assert str(reasons(asked)[0]) == 'SIP;cause=200;text="Call completed, \\"elsewhere\\""'


def test_no_reason_is_none() -> None:
    assert reasons(request()) == ()
    assert reasons(request(extra="Reason: ;;, @")) == ()


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40))
def test_any_text_comes_back(text: str) -> None:
    asked = request()
    asked.headers.set("Reason", str(Reason("SIP", 480, text)))
    assert reasons(asked) == (Reason("SIP", 480, text),)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('P-Asserted-Identity: "Wang, Li" <sip:02161234567@carrier.example>', "02161234567"),
        ("P-Asserted-Identity: <tel:+86-21-6123.4567;phone-context=x>", "+862161234567"),
        ("P-Asserted-Identity: <sip:a@x>, <tel:+862161234567>", "a"),
        ("P-Asserted-Identity: nonsense <<", None),
        ("P-Asserted-Identity: <sip:anonymous.invalid>", None),
        ("X: y", None),
    ],
)
def test_the_asserted_number(line: str, number: str | None) -> None:
    assert asserted_number(request(extra=line)) == number


def test_all_asserted_identities() -> None:
    asked = request(extra="P-Asserted-Identity: <sip:a@x>\nP-Asserted-Identity: <tel:+86>")
    assert [str(address.uri) for address in asserted(asked)] == ["sip:a@x", "tel:+86"]


@pytest.mark.parametrize(("line", "wanted"), [("id", True), ("header;ID", True), ("none", False)])
def test_privacy(line: str, wanted: bool) -> None:
    assert wants_privacy(request(extra=f"Privacy: {line}")) is wanted


def test_diversions_latest_first() -> None:
    asked = request(
        extra='Diversion: "Desk, front" <sip:8000@x>;reason=no-answer;counter=1,'
        '<sip:8001@x>;reason="deflection"'
    )
    assert [(d.address.uri.user, d.reason) for d in diversions(asked)] == [
        ("8000", "no-answer"),
        ("8001", "deflection"),
    ]


def test_history_with_its_reasons() -> None:
    asked = request(
        extra="History-Info: <sip:8000@x?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1\n"
        "History-Info: <sip:8001@y>;index=1.1;rc=1"
    )
    first, second = history(asked)
    assert (first.address.uri.user, first.index, first.reasons) == (
        "8000",
        "1",
        (Reason("SIP", 486, "Busy"),),
    )
    assert (second.address.uri.user, second.index, second.reasons) == ("8001", "1.1", ())


@pytest.mark.parametrize(
    ("extra", "number"),
    [
        ("", None),
        ("Diversion: <sip:8000@x>;reason=no-answer", "8000"),
        ("Diversion: <tel:+86-755-1234>;reason=unconditional", "+867551234"),
        ("Diversion: <sip:8001@x>, <sip:8000@x>", "8000"),  # the oldest stands last
        ("Diversion: <sip:x>", None),
        ("Diversion: broken\nHistory-Info: <sip:a@x>;index=1, <sip:b@x>;index=1.1", "a"),
        ("History-Info: <sip:8000@x>;index=1", None),  # it came straight
        ("History-Info: <sip:8000@x>;index=1\nHistory-Info: <sip:8001@y>;index=1.1", "8000"),
        ("Diversion: <sip:1@x>\nHistory-Info: <sip:2@x>;index=1, <sip:3@x>;index=1.1", "1"),
    ],
)
def test_who_was_called_first(extra: str, number: str | None) -> None:
    assert first_diverting(request(extra=extra)) == number
