"""What can go wrong, and whose fault it is.

SipError
├── LocalError        our caller asked for something that cannot be done now; nothing was changed
│   └── StateError    an event that the state does not allow
├── PeerError         the other side broke the protocol; carries the answer it should get
└── OfferRefused      the other side did not take our re-INVITE or UPDATE; the session is as it was
"""

from __future__ import annotations


class SipError(Exception):
    """Base of everything this library raises on purpose."""


class LocalError(SipError):
    """A mistake on our side of the wire."""


class StateError(LocalError):
    """The state machine does not allow this now; the state is what it was before."""


class PeerError(SipError):
    """The other side broke the protocol.

    `status`, `reason` and `headers` suggest the answer (RFC 3261 section 21).
    """

    def __init__(
        self,
        message: str,
        status: int = 400,
        reason: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.headers = headers


class OfferRefused(SipError):
    """The other side refused an offer within the dialog, with `status`; nothing has changed (RFC 3261 14.1).

    A 2xx without usable SDP counts too: `status` is then that 2xx.
    """

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"{status} {reason}".rstrip())
        self.status = status
        self.reason = reason
