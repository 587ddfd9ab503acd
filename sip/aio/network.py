"""Hosts and addresses: what is written into messages, and where packets go."""

from __future__ import annotations

import socket

from sip.hop import Hop
from sip.locate import literal
from sip.message import URI, Request
from sip.transactions import Address as HostPort


def bracketed(host: str) -> str:
    """A host as it stands in a URI or Via."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def reachable(host: str) -> str:
    """The address others reach us at when we listen on every one: that of the default route."""
    if host not in ("0.0.0.0", "::"):
        return host
    six = host == "::"
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("2001:db8::1" if six else "192.0.2.1", 9))  # nothing is sent: a route is picked
        except OSError:
            return "::1" if six else "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def nat_flow(target: URI, source: HostPort) -> HostPort | None:
    """Where to send requests if the Contact's address is not where its packets come from.

    Who came over a connection is reached over that connection.
    """
    if isinstance(source, Hop):
        return source
    own = literal(target)
    return source if own is not None and own[0] != source[0] else None


def hop_of(invite: Request) -> URI:
    """Where an INVITE of ours went, and its CANCEL goes (section 9.1)."""
    return invite.route[0].uri if invite.route else invite.uri
