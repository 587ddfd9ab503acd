"""Option tags: the extensions that both sides name in Supported and Require (RFC 3261 section 19.2)."""

from __future__ import annotations

from typing import Final

from sip.message import AnyMessage, Request

RELIABLE: Final = "100rel"
"""Reliable provisional responses (RFC 3262)."""
TIMER: Final = "timer"
"""Session timers (RFC 4028)."""
SUPPORTED: Final = (TIMER, RELIABLE, "replaces", "norefersub")
"""The extensions that we understand, as our Supported header lists them (the last two: RFC 3891, 4488)."""
SUPPORTED_HEADER: Final = ", ".join(SUPPORTED)


def tags(message: AnyMessage, name: str) -> frozenset[str]:
    """The tags, or methods, that all headers of that name list, in lower case."""
    lines = message.headers.getlist(name)
    return frozenset(word.strip().lower() for line in lines for word in line.split(",") if word.strip())


def supports(message: AnyMessage, tag: str) -> bool:
    """Whether the sender understands an extension: what it requires it understands too."""
    return tag in tags(message, "Supported") or tag in tags(message, "Require")


def requires(message: AnyMessage, tag: str) -> bool:
    return tag in tags(message, "Require")


def unknown(request: Request) -> tuple[str, ...]:
    """What a request requires and we do not understand: for a 420's Unsupported (section 8.2.2.3)."""
    # A registrar that keeps the Path knows the extension of that name (RFC 3327 section 5.3).
    known = {*SUPPORTED, "path"} if request.method == "REGISTER" else set(SUPPORTED)
    words = (word.strip() for line in request.headers.getlist("Require") for word in line.split(","))
    return tuple(word for word in words if word and word.lower() not in known)


def allows(message: AnyMessage, method: str) -> bool | None:
    """Whether an Allow header names the method; None where the message has no such header."""
    allowed = tags(message, "Allow")
    return method.lower() in allowed if allowed else None
