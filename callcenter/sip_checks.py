"""What `callcenter doctor` asks of SIP: ports, the certificate, the lines to the outside."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from callcenter.check import Check
from callcenter.settings import Settings, Trunk, split_host_port
from callcenter.switchboard.carriers import server_uri
from callcenter.switchboard.probe import PRODUCT, ask
from callcenter.switchboard.transports import specs
from sip.aio.certificate import Certificate, look
from sip.message import URI

SOON: Final = timedelta(days=21)
"""A certificate that ends earlier than this is told of; most are renewed at 30 days."""
_EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def ports(settings: Settings) -> Iterator[Check]:
    """Each address that SIP listens on: free, or the service's own."""
    host, _ = split_host_port(settings.sip.listen)
    ours = False
    if (taken := _taken(settings.sip.listen, socket.SOCK_DGRAM)) is not None:
        ours = _is_ours(settings)
    yield _port("SIP UDP", settings.sip.listen, taken, ours)
    wanted = [(f"SIP {spec.transport}", f"{spec.host}:{spec.port}") for spec in specs(settings.sip, host)]
    if not settings.sip.tcp_listen:
        wanted.insert(0, ("SIP TCP", settings.sip.listen))
    for name, listen in wanted:
        yield _port(name, listen, _taken(listen, socket.SOCK_STREAM), ours)


def _port(name: str, listen: str, taken: str | None, ours: bool) -> Check:
    if taken is None:
        return Check(f"{name} {listen}", True, "free")
    if ours:
        return Check(f"{name} {listen}", True, "in use, the service is running")
    return Check(f"{name} {listen}", False, taken, "end the other program, or choose another port")


def _taken(listen: str, kind: socket.SocketKind) -> str | None:
    """Why a port cannot be listened on, or None."""
    host, port = split_host_port(listen)
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return str(error.strerror)
    return None


def _is_ours(settings: Settings) -> bool:
    """Whether the program on our port answers as this one does."""
    host, port = split_host_port(settings.sip.listen)
    host = _EVERY.get(host, host)
    target = URI("sip", f"[{host}]" if ":" in host else host, port=port)
    try:
        return asyncio.run(ask(target, settings.sip)) == (True, PRODUCT)
    except OSError:
        return False


def certificate(settings: Settings) -> Iterator[Check]:
    """The certificate of SIP over TLS: whether it can be used, for how long, and for which names."""
    sip = settings.sip
    if sip.tls_certificate is None or sip.tls_key is None:
        return
    what = "证书 certificate"
    try:
        seen = look(sip.tls_certificate, sip.tls_key)
    except (OSError, ValueError) as error:
        yield Check(what, False, _why(error), "put the right files in [sip] tls_certificate and tls_key")
        return
    left = seen.until - datetime.now(UTC)
    found = f"until {seen.until:%Y-%m-%d}, for {', '.join(seen.names) or 'no name'}"
    yield Check(what, left > SOON, found, f"renew it: {left.days} days are left")
    if host := _our_name(settings):
        yield _named(seen, host)


def _named(seen: Certificate, host: str) -> Check:
    mend = f"get one for {host}, or set [sip] advertised to a name that it is for"
    return Check("证书名称 certificate name", seen.names_host(host), host, mend)


def _our_name(settings: Settings) -> str:
    host = settings.sip.advertised or split_host_port(settings.sip.listen)[0]
    return "" if host in _EVERY else host


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return "the key does not belong to it" if "MISMATCH" in str(error.reason) else "it is no PEM file"
    return str(getattr(error, "strerror", None) or error)


def trunks(settings: Settings) -> Iterator[Check]:
    """Whether each carrier answers an OPTIONS. A gateway that logs in to us is not asked."""
    for trunk in settings.trunks:
        if (server := server_uri(trunk)) is not None:
            yield _trunk(settings, trunk, server)


def _trunk(settings: Settings, trunk: Trunk, server: URI) -> Check:
    what = f"外线 trunk {trunk.id}"
    mend = "check `server`, `transport`, and the firewall; some carriers answer no OPTIONS: set ping = 0"
    if not trunk.ping:
        return Check(what, True, f"{trunk.server}; not asked (ping = 0)")
    try:
        there, said = asyncio.run(ask(server, settings.sip))
    except OSError as error:
        return Check(what, False, str(error.strerror or error), mend)
    return Check(what, there, f"{trunk.server} {'answers' if there else said}", mend)
