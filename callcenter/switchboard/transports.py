"""The transports that the settings ask for, opened on the user agent."""

from __future__ import annotations

import logging

from callcenter.settings import SipSettings, split_host_port
from sip.aio.agent import TlsSettings, TransportSpec, UserAgent

log = logging.getLogger(__name__)

TLS_PORT = 5061


def tls_settings(sip: SipSettings) -> TlsSettings:
    return TlsSettings(sip.tls_certificate, sip.tls_key, sip.tls_ca, sip.tls_verify)


async def listen(agent: UserAgent, sip: SipSettings) -> None:
    """Opens UDP first, then what else is asked for.

    Raises OSError where a port is taken or a certificate cannot be used. TCP on UDP's own port is left out,
    with a warning, where somebody else has it: nobody asked for it by name.
    """
    host, port = split_host_port(sip.listen)
    await agent.start(host, port, sip.advertised)
    if not sip.tcp_listen:
        same = TransportSpec("TCP", host, agent.local.port, sip.advertised)
        try:
            await agent.listen(same)
        except OSError as error:
            log.warning("sip over tcp is off port=%d error=%s", same.port, error)
    await agent.listen(*specs(sip, host))
    for local, _ in agent.wire.locals:
        log.info("listening transport=%s host=%s port=%d", local.transport, local.host, local.port)


def specs(sip: SipSettings, host: str) -> list[TransportSpec]:
    """What is asked for by name, beside UDP."""
    wanted = [("WS", sip.ws_listen), ("WSS", sip.wss_listen)]
    if sip.tcp_listen != "off":
        wanted.append(("TCP", sip.tcp_listen))
    if sip.tls_certificate is not None:
        wanted.append(("TLS", sip.tls_listen or f"{host}:{TLS_PORT}"))
    tls = tls_settings(sip)
    return [
        TransportSpec(name, *split_host_port(where), sip.advertised, tls) for name, where in wanted if where
    ]
