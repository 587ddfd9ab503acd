"""Requests that `sip.message.parse` refuses: what an answer needs of them, copied as it stands.

RFC 4475 wants a 400 for most of what it breaks, and the sender learns more from it than from silence. So
little is asked here: a request line of whatever version, and a Via that tells the port to answer to. No
header is understood; whatever cannot be copied is left out (RFC 4475 section 3.3.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sipmessage.message import COMPACT_FORMS

from sip.errors import PeerError
from sip.message import FOLD, HEAD_END, LINE_END, MAX_LINES, REASONS, Request, Response, new_tag, tagged
from sip.values import URI

_COPIED: Final = {name.lower(): name for name in ("Via", "From", "To", "Call-ID", "CSeq")}
_REQUEST: Final = re.compile(
    r"([!%'*+\-.0-9A-Z_`a-z~]+)[ \t]+\S.*[ \t]SIP/\d{1,3}\.\d{1,3}[ \t]*", re.IGNORECASE
)
_SENT_BY: Final = re.compile(
    r"SIP\s*/\s*[\d.]+\s*/\s*[\w-]+\s+(?:\[[^\]\s]*\]|[^\s:;,\[\]]+)(?:\s*:\s*(\d{1,5}))?", re.IGNORECASE
)
_RPORT: Final = re.compile(r";\s*rport\b", re.IGNORECASE)
_TAG: Final = re.compile(r";\s*tag\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A request that could not be read. Its Via wants the answer at `port`; None: where it came from."""

    request: Request
    port: int | None

    def refused(self, error: PeerError) -> Response:
        """The answer that `error` suggests, with a To tag where there is a To without one."""
        response = Response(error.status, error.reason or REASONS.get(error.status, "Bad Request"))
        for name in _COPIED.values():
            response.headers.setlist(name, list(self.request.headers.getlist(name)))
        if (to := self.request.headers.get("To")) is not None and not _TAG.search(to):
            response.headers.set("To", tagged(to, new_tag()))
        for name, value in error.headers:
            response.headers.add(name, value)
        return response


def salvage(data: bytes) -> Salvaged | None:
    """What an answer needs of a request that cannot be read.

    None where there is not enough, and for an ACK or a response, which are never answered.
    """
    data = data.lstrip(b"\r\n")
    end = HEAD_END.search(data)
    head = data[: end.start()] if end else data
    first, *lines = LINE_END.split(FOLD.sub(" ", head.decode("utf-8", "replace")))[:MAX_LINES]
    match = _REQUEST.fullmatch(first)
    if match is None or match[1].upper() in ("ACK", "SIP"):
        return None
    request = Request(match[1], URI("sip", "invalid"))
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        known = _COPIED.get(COMPACT_FORMS.get(name.lower(), name).lower())
        if colon and known and "\r" not in value:
            request.headers.add(known, value.strip(" \t"))
    top = (request.headers.get("Via") or "").partition(",")[0]
    sent_by = _SENT_BY.match(top)
    if sent_by is None:
        return None
    return Salvaged(request, None if _RPORT.search(top) else _port(sent_by[1]))


def _port(text: str | None) -> int:
    return int(text) if text and 0 < int(text) < 65536 else 5060
