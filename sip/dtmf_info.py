"""Telephone keys in the signalling: INFO with `application/dtmf-relay` or `application/dtmf` (RFC 6086 is
silent on both; they are what telephones do, in the form that Cisco began)."""

from __future__ import annotations

import re
from typing import Final

from sip.media.dtmf import KEYS
from sip.message import Request

RELAY: Final = "application/dtmf-relay"
PLAIN: Final = "application/dtmf"
KINDS: Final = (RELAY, PLAIN)
"""The bodies of an INFO that are read."""
DEFAULT_MILLISECONDS: Final = 160
SHORTEST, LONGEST = 40, 5000
_SIGNAL = re.compile(r"^\s*signal\s*=\s*([0-9*#A-D])\s*$", re.IGNORECASE | re.MULTILINE)
_DURATION = re.compile(r"^\s*duration\s*=\s*(\d{1,6})\s*$", re.IGNORECASE | re.MULTILINE)


def pressed(info: Request) -> tuple[str, int] | None:
    """The key of an INFO and for how many milliseconds it was pressed; None where it tells of no key."""
    kind = (info.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    text = info.body.decode("latin-1")
    if kind == PLAIN:
        key = text.strip().upper()
        return (key, DEFAULT_MILLISECONDS) if len(key) == 1 and key in KEYS else None
    if kind != RELAY or (signal := _SIGNAL.search(text)) is None:
        return None
    duration = _DURATION.search(text)
    milliseconds = int(duration[1]) if duration else DEFAULT_MILLISECONDS
    return signal[1].upper(), max(SHORTEST, min(LONGEST, milliseconds))


def press(info: Request, key: str, milliseconds: int = DEFAULT_MILLISECONDS) -> None:
    """Gives an INFO the body that tells of a key."""
    info.headers.set("Content-Type", RELAY)
    info.body = f"Signal={key}\r\nDuration={milliseconds}\r\n".encode()
