"""What a message says of who calls, by which way the call came, and why something ended.

P-Asserted-Identity (RFC 3325), Diversion (RFC 5806), History-Info (RFC 7044), Reason (RFC 3326). All are
claims: only a peer that is trusted by agreement is to be believed (RFC 3325 section 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sip.message import URI, Address, AnyMessage, Request
from sip.options import tags

_ITEM: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,"<>])+')
"""One element of a list: a comma within quotation marks or angle brackets parts nothing."""
_REASON: Final = re.compile(r"\s*([!%'*+\-.\w`~]+)\s*((?:;.*)?)", re.DOTALL)
_CAUSE: Final = re.compile(r";\s*cause\s*=\s*(\d{1,3})\b", re.IGNORECASE)
_TEXT: Final = re.compile(r';\s*text\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was sent. `cause` is a SIP status or a Q.850 cause, by `protocol`."""

    protocol: str
    cause: int | None = None
    text: str = ""

    def __str__(self) -> str:
        cause = f";cause={self.cause}" if self.cause is not None else ""
        quoted = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.protocol}{cause};text="{quoted}"' if self.text else f"{self.protocol}{cause}"


ELSEWHERE: Final = Reason("SIP", 200, "Call completed elsewhere")
"""For the CANCEL of those who rang and did not answer first: their phones count no missed call."""


@dataclass(frozen=True, slots=True)
class Diversion:
    """The call was sent on from `address`; `reason` as in `no-answer`, empty where none is given."""

    address: Address
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One target that the call had. `index` as in `1.2`; `reasons` why it was sent on from there."""

    address: Address
    index: str = ""
    reasons: tuple[Reason, ...] = ()


def reasons(message: AnyMessage) -> tuple[Reason, ...]:
    """The Reason headers. What cannot be read is left out."""
    return _reasons(message.headers.getlist("Reason"))


def asserted(message: AnyMessage) -> tuple[Address, ...]:
    """P-Asserted-Identity: one SIP URI, one tel URI, or both (RFC 3325 section 9.1)."""
    return tuple(_addresses(message, "P-Asserted-Identity"))


def asserted_number(message: AnyMessage) -> str | None:
    """The number or user name of the asserted identity; None where there is none."""
    numbers = (_number(address.uri) for address in asserted(message))
    return next((number for number in numbers if number), None)


def wants_privacy(message: AnyMessage) -> bool:
    """Whether the caller asks that the asserted identity be kept from users (Privacy: id; RFC 3325 9.3)."""
    words = {word.strip() for tag in tags(message, "Privacy") for word in tag.split(";")}
    return bool(words & {"id", "user"})


def diversions(request: Request) -> tuple[Diversion, ...]:
    """The Diversion headers, the latest diversion first (RFC 5806 section 4.1)."""
    return tuple(
        Diversion(address, (address.parameters.get("reason") or "").strip())
        for address in _addresses(request, "Diversion")
    )


def history(request: Request) -> tuple[HistoryEntry, ...]:
    """The History-Info headers, the oldest target first (RFC 7044 section 5)."""
    return tuple(
        HistoryEntry(address, address.parameters.get("index") or "", _reasons(_embedded(address.uri)))
        for address in _addresses(request, "History-Info")
    )


def first_diverting(request: Request) -> str | None:
    """The number that was called first of all, where the call was sent on from there; None: it came straight.

    Diversion is asked first: the oldest stands last (RFC 5806 section 4.1). Else History-Info, whose first
    entry is the target that the caller chose (RFC 7044 section 5).
    """
    if found := diversions(request):
        return _number(found[-1].address.uri) or None
    entries = history(request)
    return (_number(entries[0].address.uri) or None) if len(entries) > 1 else None


def _reasons(lines: list[str] | tuple[str, ...]) -> tuple[Reason, ...]:
    found = []
    for item in _items(lines):
        if match := _REASON.fullmatch(item):
            cause, text = _CAUSE.search(match[2]), _TEXT.search(match[2])
            words = _ESCAPE.sub(r"\1", text[1]) if text and text[1] is not None else text[2] if text else ""
            found.append(Reason(match[1], int(cause[1]) if cause else None, words))
    return tuple(found)


def _embedded(uri: URI) -> tuple[str, ...]:
    # RFC 7044 section 5.1: why a target was left stands in its URI, escaped.
    pairs = (pair.partition("=") for pair in uri.headers.split("&"))
    return tuple(unquote(value) for name, _, value in pairs if name.lower() == "reason")


def _addresses(message: AnyMessage, name: str) -> Iterator[Address]:
    for item in _items(message.headers.getlist(name)):
        try:
            yield Address.parse(item)
        except ValueError:
            continue  # somebody's odd header must not cost the call


def _items(lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    for line in lines:
        yield from (item.strip() for item in _ITEM.findall(line) if item.strip())


def _number(uri: URI) -> str:
    # Of a tel URI the parameters are no part of the number, nor are its dashes and dots (RFC 3966).
    user = uri.user or ""
    if uri.scheme == "tel":
        user = re.sub(r"[-.()]", "", user.partition(";")[0])
    return user
