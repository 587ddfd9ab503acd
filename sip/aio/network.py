"""Hosts and addresses: what is written into messages, and where packets go."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from sip.message import URI, Request
from sip.transactions import Address as HostPort


def bracketed(host: str) -> str:
    """A host as it stands in a URI or Via."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def reachable(host: str) -> str:
    """The address others reach us at when we listen on every one: that of the default route."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only picks a route
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def literal(uri: URI) -> HostPort | None:
    """The address of a URI whose host is an IP address, else None."""
    host = uri.host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return (host, uri.port or 5060)


def nat_flow(target: URI, source: HostPort) -> HostPort | None:
    """Where to send requests if the Contact's address is not where its packets come from."""
    own = literal(target)
    return source if own is not None and own[0] != source[0] else None


def hop_of(invite: Request) -> URI:
    """Where an INVITE of ours went, and its CANCEL goes (section 9.1)."""
    return invite.route[0].uri if invite.route else invite.uri


async def resolve(uri: URI, family: int) -> HostPort:
    """The address of a URI's host, of a socket's family. Raises OSError where there is none."""
    if not uri.is_sip or not uri.host:
        raise OSError(f"no host in a {uri.scheme} URI")
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(uri.host, uri.port or 5060, family=family, type=socket.SOCK_DGRAM)
    return (str(found[0][4][0]), int(found[0][4][1]))
