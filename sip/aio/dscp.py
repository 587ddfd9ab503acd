"""Code points (DSCP) that tell routers voice from other traffic (RFC 4594 section 4)."""

from __future__ import annotations

import socket
from typing import Final

CS3: Final = 24
"""Signalling, as telephones mark it by default. RFC 4594 section 4.2 would have CS5."""
EF: Final = 46
"""Voice: expedited forwarding (RFC 3246)."""


def mark(sock: socket.socket, dscp: int) -> None:
    """Marks what the socket sends. Raises OSError where the system refuses, ValueError above 63."""
    if not 0 <= dscp <= 63:
        raise ValueError(f"DSCP {dscp} is not between 0 and 63")
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)


def marked(sock: socket.socket) -> int:
    """The code point that a socket's packets carry."""
    if sock.family == socket.AF_INET6:
        return sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) >> 2
    return sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) >> 2
