"""The times of dialogs from the lines that tshark prints."""

from __future__ import annotations

from tests.interop.call_capture import Dialog, dialogs, parse_messages

AGENT, BOARD = 24000, 5060


def line(
    at: float, method: str, status: int = 0, source: int = AGENT, attributes: str = "", sequence: int = 1
) -> str:
    request = "" if status else method
    code = status or ""
    return f"{at:.6f}\ta\t{request}\t{code}\t{method}\t{sequence}\t{source}\t{BOARD}\t{attributes}\n"


def dialog(*lines: str) -> Dialog:
    return dialogs(parse_messages("".join(lines)))["a"]


INVITED = (line(100.0, "INVITE"), line(100.1, "INVITE", 100))
ANSWERED = (*INVITED, line(100.5, "INVITE", 180), line(101, "INVITE", 180), line(107.5, "INVITE", 200))


def test_a_leg_rings_from_its_first_180_to_its_first_200() -> None:
    found = dialog(*ANSWERED, line(108, "INVITE", 200), line(109, "BYE"), line(109.1, "BYE", 200))
    assert found.ring_seconds == 7.0
    assert (found.invited_at, found.answered_at, found.ended_at) == (100.0, 107.5, 109.0)


def test_a_leg_that_nobody_answers_rings_to_its_cancel() -> None:
    found = dialog(*INVITED, line(100.5, "INVITE", 180), line(104, "CANCEL"), line(104.1, "INVITE", 487))
    assert (found.ring_seconds, found.answered_at, found.ended_at) == (3.5, None, 104.0)


def test_a_leg_that_never_rang() -> None:
    assert dialog(*INVITED, line(101, "INVITE", 200)).ring_seconds is None
    assert dialog(*INVITED, line(101, "INVITE", 486)).ended_at == 101.0


def test_a_challenged_call_begins_with_the_invite_that_answers_the_challenge() -> None:
    again, answered = line(100.3, "INVITE", sequence=2), line(101, "INVITE", 200, sequence=2)
    refused, copies = line(100.2, "INVITE", 401), (line(100.6, "INVITE"), line(100.6, "INVITE", 401))
    found = dialog(*INVITED, refused, again, *copies, answered)
    assert (found.invited_at, found.ended_at) == (100.3, None)


def test_holds_last_from_one_re_invite_to_the_next_or_to_the_end() -> None:
    found = dialog(
        *ANSWERED,
        line(110, "INVITE", attributes="rtpmap:8 PCMA/8000,sendonly"),
        line(110.1, "INVITE", 200, BOARD, "recvonly"),
        line(112, "INVITE", attributes="sendrecv"),
        line(115, "INVITE", attributes="inactive"),
        line(116, "INVITE", source=BOARD, attributes="sendonly"),
        line(120, "BYE"),
    )
    assert found.holds == [(110.0, 112.0), (115.0, 120.0), (116.0, 120.0)]


def test_who_refers_leaves_with_the_refer() -> None:
    found = dialog(
        *ANSWERED, line(110, "INVITE", attributes="sendonly"), line(111, "REFER"), line(113, "BYE")
    )
    assert (found.referred_at, found.ended_at, found.holds) == (111.0, 113.0, [(110.0, 111.0)])


def test_dialogs_are_told_apart() -> None:
    lines = line(100, "INVITE") + line(101, "INVITE").replace("\ta\t", "\tb\t")
    assert set(dialogs(parse_messages(lines))) == {"a", "b"}
