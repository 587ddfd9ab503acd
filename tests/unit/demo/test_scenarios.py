"""Scenarios are well-formed, and say what sipp insists on."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from callcenter.demo.phones import scenarios as s

CALLER = s.scenario(s.authenticated_invite("caller", "secret"), s.cancel(300, cseq=2))
AGENT = s.scenario(s.called(), s.ring(500), s.answer(), s.acknowledged(), s.play("/a.al"), s.bye(1))


@pytest.mark.parametrize(
    "text",
    [
        CALLER,
        AGENT,
        s.scenario(s.register()),
        s.scenario(s.called(), s.refuse(486, "Busy Here")),
        s.scenario(s.invite(), s.answered(), s.reinvite(2, "sendonly", 2, "uac"), s.wait_bye()),
        s.scenario(s.called(), s.take_reinvite("recvonly", 2), s.digit("5"), s.pause(10)),
    ],
)
def test_a_scenario_is_xml(text: str) -> None:
    ElementTree.fromstring(text.replace('encoding="ISO-8859-1"', ""))


def test_every_variable_is_read_or_named_as_such() -> None:
    assert '<Reference variables="me,them"/>' in AGENT
    assert "<Reference" not in CALLER


def test_a_cancel_has_the_branch_and_number_of_its_invite() -> None:
    assert CALLER.count(f"branch={s.INVITE_BRANCH}2") == 3  # INVITE, CANCEL and the ACK of the 487
    assert "CSeq: 2 CANCEL" in CALLER


def test_the_second_invite_has_the_credentials() -> None:
    first, second = CALLER.split("CSeq: 2 INVITE")
    assert "[authentication" not in first
    assert "[authentication username=caller password=secret]" in second


def test_a_request_outside_a_dialog_has_no_route_and_no_tag_of_the_peer() -> None:
    assert "[routes]" not in s.invite()
    assert "[peer_tag_param]" not in s.invite()
