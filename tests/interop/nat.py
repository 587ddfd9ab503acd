"""A symmetric NAT and a bad network in one, between a phone and the switchboard, in user space.

The phone registers at `address`. Its SIP and its RTP go on from another address and other ports, its
descriptions still tell those inside; the switchboard's tell the phone where the NAT takes RTP. `spoil` turns
each RTP packet of the phone's into those that arrive; `sent` are those that it sent, in order.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

Address = tuple[str, int]
INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.9"
Spoil = Callable[[bytes], list[bytes]]


class _Port(asyncio.DatagramProtocol):
    """A socket of the NAT's."""

    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take
        self.transport: asyncio.DatagramTransport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data, addr)

    @property
    def address(self) -> Address:
        host, port = self.transport.get_extra_info("sockname")
        return host, port

    async def open(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, 0), family=socket.AF_INET
        )


class Nat:
    """One phone behind it, one call at a time."""

    def __init__(self, server: Address) -> None:
        self.spoil: Spoil = lambda packet: [packet]
        self.sent: list[bytes] = []
        self._server = server
        self._phone: Address | None = None
        self._media_in: Address | None = None
        """Where the phone takes RTP, once it has sent some."""
        self._media_out: Address | None = None
        self.signals = _Port(self._signal_out)
        self.outer_signals = _Port(self._signal_in)
        self.media = _Port(self._voice_out)
        self.outer_media = _Port(self._voice_in)

    @classmethod
    @asynccontextmanager
    async def start(cls, server: Address) -> AsyncIterator[Nat]:
        nat = cls(server)
        ports = {nat.signals: INSIDE, nat.media: INSIDE, nat.outer_signals: OUTSIDE, nat.outer_media: OUTSIDE}
        for port, host in ports.items():
            await port.open(host)
        try:
            yield nat
        finally:
            for port in ports:
                port.transport.close()

    @property
    def address(self) -> Address:
        return self.signals.address

    def _signal_out(self, data: bytes, source: Address) -> None:
        self._phone = source
        self.outer_signals.transport.sendto(data, self._server)

    def _signal_in(self, data: bytes, source: Address) -> None:
        if self._phone is not None:
            self.signals.transport.sendto(self._inside(data), self._phone)

    def _inside(self, data: bytes) -> bytes:
        """A message with the RTP port of the NAT's in its description."""
        head, gap, body = data.partition(b"\r\n\r\n")
        if not body:
            return data
        body = re.sub(rb"(?m)^(m=audio )(\d+)", partial(self._port_inside), body)
        head = re.sub(rb"(?im)^(Content-Length: *)\d+", b"\\g<1>%d" % len(body), head)
        return head + gap + body

    def _port_inside(self, found: re.Match[bytes]) -> bytes:
        self._media_out = (self._server[0], int(found[2]))
        return found[1] + b"%d" % self.media.address[1]

    def _voice_out(self, data: bytes, source: Address) -> None:
        self._media_in = source
        self.sent.append(data)
        for packet in self.spoil(data):
            if self._media_out is not None:
                self.outer_media.transport.sendto(packet, self._media_out)

    def _voice_in(self, data: bytes, source: Address) -> None:
        if self._media_in is not None:
            self.media.transport.sendto(data, self._media_in)
