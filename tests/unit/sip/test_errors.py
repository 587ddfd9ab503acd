"""Who is to blame, and the answer that an error suggests."""

from __future__ import annotations

from sip.errors import LocalError, PeerError, SipError, StateError


def test_ours_and_theirs_are_apart() -> None:
    assert issubclass(StateError, LocalError)
    assert issubclass(LocalError, SipError)
    assert issubclass(PeerError, SipError)
    assert not issubclass(PeerError, LocalError)


def test_a_peers_error_suggests_its_answer() -> None:
    assert (PeerError("x").status, PeerError("x").reason, PeerError("x").headers) == (400, None, ())
    error = PeerError("too brief", status=423, reason="Short", headers=(("Min-Expires", "30"),))
    assert (str(error), error.status, error.reason) == ("too brief", 423, "Short")
    assert error.headers == (("Min-Expires", "30"),)
