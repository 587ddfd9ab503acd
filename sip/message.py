"""Messages: a lenient tokeniser, and sipmessage's Request and Response with values of our own.

sipmessage 0.7 refuses folded header lines, white space before a colon and other legal spacing of RFC 4475, so
the lines are taken apart here; its values are replaced by those of `sip.values`, which tells why.
"""

from __future__ import annotations

import re
import secrets
from typing import Final, TypeAlias

import sipmessage
from sipmessage import CSeq
from sipmessage.message import COMPACT_FORMS

from sip.errors import PeerError
from sip.values import URI, Address, Parameters, Via

__all__ = [
    "REASONS",
    "URI",
    "Address",
    "AnyMessage",
    "CSeq",
    "Parameters",
    "Request",
    "Response",
    "Via",
    "contact_uri",
    "copied",
    "encode",
    "media_type",
    "new_branch",
    "new_call_id",
    "new_tag",
    "parse",
    "refuse",
    "respond",
    "tag_of",
    "tagged",
]


class _Typed(sipmessage.Message):
    """Header values as `sip.values`. Reading one that cannot be read raises ValueError."""

    @property  # type: ignore[override]
    def via(self) -> list[Via]:
        return [via for line in self.headers.getlist("Via") for via in Via.parse_many(line)]

    @via.setter
    def via(self, value: list[Via]) -> None:
        self.headers.setlist("Via", [str(via) for via in value])

    @property
    def from_address(self) -> Address:
        return Address.parse(self.headers["From"])

    @from_address.setter
    def from_address(self, value: sipmessage.Address) -> None:
        self.headers.set("From", str(value))

    @property
    def to_address(self) -> Address:
        return Address.parse(self.headers["To"])

    @to_address.setter
    def to_address(self, value: sipmessage.Address) -> None:
        self.headers.set("To", str(value))

    @property  # type: ignore[override]
    def contact(self) -> list[Address]:
        return self._addresses("Contact")

    @contact.setter
    def contact(self, value: list[Address]) -> None:
        self.headers.setlist("Contact", [str(address) for address in value])

    @property  # type: ignore[override]
    def record_route(self) -> list[Address]:
        return self._addresses("Record-Route")

    @record_route.setter
    def record_route(self, value: list[Address]) -> None:
        self.headers.setlist("Record-Route", [str(address) for address in value])

    @property  # type: ignore[override]
    def route(self) -> list[Address]:
        return self._addresses("Route")

    @route.setter
    def route(self, value: list[Address]) -> None:
        self.headers.setlist("Route", [str(address) for address in value])

    def _addresses(self, name: str) -> list[Address]:
        return [address for line in self.headers.getlist(name) for address in Address.parse_many(line)]


class Request(_Typed, sipmessage.Request):
    """A SIP request."""

    uri: URI

    def __init__(self, method: str, uri: URI, body: bytes = b"") -> None:
        super().__init__(method, uri, body)


class Response(_Typed, sipmessage.Response):
    """A SIP response."""


AnyMessage: TypeAlias = Request | Response

MAGIC_COOKIE: Final = "z9hG4bK"  # RFC 3261 section 8.1.1.7

REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    600: "Busy Everywhere",
    603: "Decline",
}

FOLD = re.compile(r"\r?\n[ \t]+")
LINE_END = re.compile(r"\r?\n")
HEAD_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([!%'*+\-.0-9A-Z_`a-z~]+) (\S+) SIP/2\.0", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
_NEEDED: Final = ("Via", "From", "To", "Call-ID", "CSeq")
_METHODS: Final = frozenset(
    (
        *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO", "REFER"),
        *("NOTIFY", "SUBSCRIBE", "PUBLISH", "MESSAGE"),
    )
)
MAX_LINES: Final = 256
"""Header lines of one message. The dearest legal INVITE has some tens; more is an attack on our time."""


def parse(data: bytes) -> AnyMessage:
    """One datagram as a message. The body is cut to Content-Length; what follows it is not ours.

    Raises PeerError where the message cannot be understood (RFC 3261 sections 7 and 18.3).
    """
    head, body = _split(data)
    lines = LINE_END.split(FOLD.sub(" ", head))
    if len(lines) > MAX_LINES:
        raise PeerError(f"more than {MAX_LINES} header lines", status=413)
    message = _start_line(lines[0], body)
    for line in lines[1:]:
        _add_header(message, line)
    for name in _NEEDED:
        if message.headers.get(name) is None:
            raise PeerError(f"no {name} header")
    _check_length(message)
    _check_values(message)
    return message


def _split(data: bytes) -> tuple[str, bytes]:
    # Empty lines before the start line are legal and ignored (RFC 3261 section 7.5).
    data = data.lstrip(b"\r\n")
    end = HEAD_END.search(data)
    if end is None:
        raise PeerError("the header does not end")
    try:
        return data[: end.start()].decode("utf-8"), data[end.end() :]
    except UnicodeDecodeError:
        raise PeerError("the header is not UTF-8") from None


def _start_line(line: str, body: bytes) -> AnyMessage:
    if match := _STATUS_LINE.fullmatch(line):
        return Response(code=int(match[1]), phrase=match[2] or "", body=body)
    if match := _REQUEST_LINE.fullmatch(line):
        try:
            uri = URI.parse(match[2])
        except ValueError:
            raise PeerError(f"bad request URI {match[2][:40]!r}") from None
        if uri.headers:
            raise PeerError("a request URI with headers")  # RFC 3261 section 19.1.1, table 1
        return Request(match[1], uri, body)
    version = line.upper().rpartition(" ")[2]
    if version.startswith("SIP/") and version != "SIP/2.0":
        raise PeerError("not SIP/2.0", status=505)
    raise PeerError("neither a request nor a response")


def _add_header(message: AnyMessage, line: str) -> None:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not name or " " in name:
        raise PeerError(f"header line without a name: {line[:40]!r}")
    if "\r" in value:
        raise PeerError("a carriage return in a header")
    message.headers.add(COMPACT_FORMS.get(name.lower(), name), value.strip(" \t"))


def _check_length(message: AnyMessage) -> None:
    text = message.headers.get("Content-Length")
    if text is None:
        return
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise PeerError(f"bad Content-Length {text[:20]!r}")
    length = int(text)
    if length > len(message.body):
        # RFC 3261 section 18.3: a datagram that ends before its body does is an error.
        raise PeerError("the body is shorter than Content-Length")
    message.body = message.body[:length]


def _check_values(message: AnyMessage) -> None:
    try:
        via = message.via
        cseq = message.cseq
        message.from_address, message.to_address, message.record_route  # noqa: B018 - parsed to see that they can be
    except ValueError as error:
        raise PeerError(f"bad header: {error}") from None
    if cseq.sequence >= 2**31:
        raise PeerError("CSeq is not below 2**31")  # RFC 3261 section 8.1.1.5
    for name in ("From", "To", "Call-ID", "CSeq", "Content-Length"):
        if len(message.headers.getlist(name)) > 1:
            raise PeerError(f"more than one {name} header")  # section 7.3.1
    if isinstance(message, Request):
        if cseq.method != message.method:
            # RFC 4475 section 3.1.2.18: of a method that nobody knows, 501 tells more.
            raise PeerError("CSeq names another method", status=400 if message.method in _METHODS else 501)
    elif len(via) > 1:
        # Section 8.1.3.3: a response for somebody behind us, and there is nobody.
        raise PeerError("a response with more than one Via")


def copied(request: Request) -> Request:
    """The same request, to be changed without changing this one."""
    copy = Request(request.method, request.uri, request.body)
    for name in request.headers.keys():  # noqa: SIM118 - sipmessage's Headers is not iterable
        copy.headers.setlist(name, list(request.headers.getlist(name)))
    return copy


def encode(message: AnyMessage) -> bytes:
    """The message's bytes, with the Content-Length that its body asks for, standing last."""
    message.headers.remove("Content-Length")
    message.headers.set("Content-Length", str(len(message.body)))
    return bytes(message)


def respond(request: Request, code: int, reason: str | None = None, *, to_tag: str | None = None) -> Response:
    """A response with what RFC 3261 section 8.2.6.2 copies from the request, letter for letter."""
    response = Response(code, reason or REASONS.get(code, "Unknown"))
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    if to_tag is not None and tag_of(request.to_address) is None:
        response.headers.set("To", tagged(request.headers["To"], to_tag))
    if code == 100 and (stamp := request.headers.get("Timestamp")):
        response.headers.set("Timestamp", stamp)  # section 8.2.6.1
    return response


def refuse(request: Request, error: PeerError) -> Response:
    """The answer that an error suggests, with a To tag of its own."""
    response = respond(request, error.status, error.reason, to_tag=new_tag())
    for name, value in error.headers:
        response.headers.add(name, value)
    return response


def media_type(message: AnyMessage) -> str:
    """The Content-Type without parameters, in lower case; empty if there is none."""
    return (message.headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def contact_uri(message: AnyMessage) -> URI | None:
    """The SIP URI of the first Contact, or None where there is none that can be used (section 8.1.1.8)."""
    try:
        contact = message.contact
    except ValueError:
        return None
    return contact[0].uri if contact and contact[0].uri.is_sip else None


def tag_of(address: Address) -> str | None:
    """The tag parameter of a From or To."""
    return address.parameters.get("tag")


def tagged(header: str, tag: str) -> str:
    """A To or From as it was written, with a tag. What follows an addr-spec belongs to the header too."""
    return f"{header};tag={tag}"


def new_branch() -> str:
    """A branch that no other request has (RFC 3261 section 8.1.1.7)."""
    return MAGIC_COOKIE + secrets.token_hex(12)


def new_tag() -> str:
    """A tag with more than the 32 random bits that RFC 3261 section 19.3 asks for."""
    return secrets.token_hex(8)


def new_call_id() -> str:
    """A Call-ID that names no host."""
    return secrets.token_hex(16)
