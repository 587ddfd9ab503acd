"""Messages: a lenient tokeniser in front of sipmessage's typed values.

sipmessage 0.7 refuses folded header lines, white space before a colon and other legal spacing of RFC 4475, so
the lines are taken apart here and the values left to it.
"""

from __future__ import annotations

import re
import secrets
from typing import Final, TypeAlias

from sipmessage import URI, Address, CSeq, Message, Parameters, Request, Response, Via
from sipmessage.message import COMPACT_FORMS

from sip.errors import PeerError

__all__ = [
    "REASONS",
    "URI",
    "Address",
    "AnyMessage",
    "CSeq",
    "Message",
    "Parameters",
    "Request",
    "Response",
    "Via",
    "encode",
    "new_branch",
    "new_call_id",
    "new_tag",
    "parse",
    "respond",
    "tag_of",
]

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

_FOLD = re.compile(r"\r?\n[ \t]+")
_LINE_END = re.compile(r"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([!%'*+\-.0-9A-Z_`a-z~]+) (\S+) SIP/2\.0", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
_NEEDED: Final = ("Via", "From", "To", "Call-ID", "CSeq")


def parse(data: bytes) -> AnyMessage:
    """One datagram as a message. The body is cut to Content-Length; what follows it is not ours.

    Raises PeerError where the message cannot be understood (RFC 3261 sections 7 and 18.3).
    """
    head, body = _split(data)
    lines = _LINE_END.split(_FOLD.sub(" ", head))
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
    end = _HEAD_END.search(data)
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
            return Request(method=match[1], uri=URI.parse(match[2]), body=body)
        except ValueError:
            raise PeerError(f"bad request URI {match[2]!r}") from None
    if line.upper().split(" ")[-1].startswith("SIP/"):
        raise PeerError("not SIP/2.0", status=505)
    raise PeerError("neither a request nor a response")


def _add_header(message: AnyMessage, line: str) -> None:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not name:
        raise PeerError(f"header line without a name: {line[:40]!r}")
    message.headers.add(COMPACT_FORMS.get(name.lower(), name), value.strip(" \t"))


def _check_length(message: AnyMessage) -> None:
    text = message.headers.get("Content-Length")
    if text is None:
        return
    if not text.isascii() or not text.isdigit():
        raise PeerError(f"bad Content-Length {text[:20]!r}")
    length = int(text)
    if length > len(message.body):
        # RFC 3261 section 18.3: a datagram that ends before its body does is an error.
        raise PeerError("the body is shorter than Content-Length")
    message.body = message.body[:length]


def _check_values(message: AnyMessage) -> None:
    try:
        if not message.via:
            raise ValueError("no Via")
        cseq = message.cseq
        message.from_address, message.to_address, message.contact  # noqa: B018 - parsed to see that they can be
    except ValueError as error:
        raise PeerError(f"bad header: {error}") from None
    if cseq.sequence >= 2**31:
        raise PeerError("CSeq is not below 2**31")  # RFC 3261 section 8.1.1.5
    if isinstance(message, Request) and cseq.method != message.method:
        raise PeerError("CSeq names another method")


def encode(message: AnyMessage) -> bytes:
    """The message's bytes, with the Content-Length that its body asks for."""
    message.headers.set("Content-Length", str(len(message.body)))
    return bytes(message)


def respond(request: Request, code: int, reason: str | None = None, *, to_tag: str | None = None) -> Response:
    """A response with what RFC 3261 section 8.2.6.2 copies from the request."""
    response = Response(code, reason or REASONS.get(code, "Unknown"))
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        response.headers.setlist(name, list(request.headers.getlist(name)))
    if to_tag is not None and tag_of(request.to_address) is None:
        to = request.to_address
        response.to_address = Address(to.uri, to.name, to.parameters.replace(tag=to_tag))
    return response


def tag_of(address: Address) -> str | None:
    """The tag parameter of a From or To."""
    return address.parameters.get("tag")


def new_branch() -> str:
    """A branch that no other request has (RFC 3261 section 8.1.1.7)."""
    return MAGIC_COOKIE + secrets.token_hex(12)


def new_tag() -> str:
    """A tag with more than the 32 random bits that RFC 3261 section 19.3 asks for."""
    return secrets.token_hex(8)


def new_call_id() -> str:
    """A Call-ID that names no host."""
    return secrets.token_hex(16)
