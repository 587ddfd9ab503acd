"""REFER: what it asks for, and what is told of it (RFC 3515, 3891, 3892, 4488). Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sip.errors import PeerError
from sip.message import REASONS, URI, Address, Request

SIPFRAG: Final = "message/sipfrag;version=2.0"
"""Content-Type of a NOTIFY about a REFER (RFC 3420, RFC 3515 section 2.4.5)."""
MAX_LENGTH: Final = 2000
"""Characters of a Refer-To. The longest that phones write, with an escaped Replaces, has some hundreds."""


@dataclass(frozen=True, slots=True)
class Replaces:
    """The dialog that is to be replaced, as the one who is asked to give it up knows it (RFC 3891).

    `to_tag` is that one's own tag, `from_tag` the other side's, whoever of the two began the dialog.
    """

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """A header's value. Raises PeerError(400)."""
        call_id, *parts = (part.strip() for part in value.split(";"))
        pairs = (part.partition("=") for part in parts)
        values = {name.strip().lower(): text.strip() for name, _, text in pairs}
        to_tag, from_tag = values.get("to-tag"), values.get("from-tag")
        if not call_id or not to_tag or not from_tag or len(values) != len(parts):
            raise PeerError("Replaces needs a Call-ID, one to-tag and one from-tag")  # section 6.1
        return cls(call_id, to_tag, from_tag, "early-only" in values)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


@dataclass(frozen=True, slots=True)
class Refer:
    """A REFER that can be followed: call `target`; `replaces` is the dialog that the call takes over.

    `referred_by` is the Referred-By header as written (RFC 3892), empty where there is none or where it
    cannot be read. `subscribed` is False where the sender wants no NOTIFY (RFC 4488).
    """

    target: URI
    replaces: Replaces | None = None
    referred_by: str = ""
    subscribed: bool = True


def read_refer(request: Request) -> Refer:
    """Reads a REFER. Raises PeerError: 400 without one readable Refer-To (RFC 3515 section 2.4.2), 416 for a
    scheme that is neither SIP nor tel, 501 for a request other than INVITE."""
    address = _refer_to(request)
    headers = _uri_headers(address.uri)
    _check_method(address.uri)
    if not address.uri.is_sip and address.uri.scheme != "tel":
        raise PeerError("Refer-To is neither SIP nor tel", status=416)
    replaces = headers.get("replaces")
    return Refer(
        target=URI(address.uri.scheme, address.uri.host, user=address.uri.user, port=address.uri.port),
        replaces=None if replaces is None else Replaces.parse(replaces),
        referred_by=_referred_by(request),
        subscribed=(request.headers.get("Refer-Sub") or "").strip().lower() != "false",
    )


def replaces_of(invite: Request) -> Replaces | None:
    """The Replaces of an INVITE. Raises PeerError(400) for more than one, or one beside Join (RFC 3891
    section 3)."""
    lines = invite.headers.getlist("Replaces")
    if not lines:
        return None
    if len(lines) > 1 or "," in lines[0] or invite.headers.get("Join") is not None:
        raise PeerError("more than one dialog to replace")
    return Replaces.parse(lines[0])


def sipfrag(status: int, reason: str | None = None) -> bytes:
    """The body of a NOTIFY: the status line of the call that the REFER asked for."""
    return f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}\r\n".encode()


def _refer_to(request: Request) -> Address:
    lines = request.headers.getlist("Refer-To")
    if len(lines) != 1 or len(lines[0]) > MAX_LENGTH:
        raise PeerError("not exactly one Refer-To")
    try:
        return Address.parse(lines[0])
    except ValueError as error:
        raise PeerError(f"bad Refer-To: {error}") from None


def _uri_headers(uri: URI) -> dict[str, str]:
    # Require=replaces beside Replaces (pjsua2) says what is done anyway; other headers are not followed.
    pairs = (part.partition("=") for part in uri.headers.split("&") if part)
    return {unquote(name).lower(): unquote(value) for name, _, value in pairs}


def _check_method(uri: URI) -> None:
    method = uri.parameters.get("method")
    if method is not None and method.upper() != "INVITE":
        raise PeerError(f"a REFER to {method[:20]}", status=501)


def _referred_by(request: Request) -> str:
    header = request.headers.get("Referred-By") or ""
    try:
        Address.parse(header)
    except ValueError:
        return ""  # it says who asked, nothing depends on it
    return header
