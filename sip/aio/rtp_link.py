"""The sockets of a stream's RTP: who is listened to, one socket for them alone, encryption where agreed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from sip.aio.ports import PortPair
from sip.aio.rtp_pipe import Pipe
from sip.aio.rtp_poller import MAX_DATAGRAM, Poller
from sip.aio.secure import Secure
from sip.media.flow import StreamStats
from sip.media.latch import Latch
from sip.sdes import Keys


class RtpLink:
    """Hands every datagram that is to be heard to `pipe`, in plain, and sends to `remote`.

    `found(addr)` is told before the first datagram of an address that is listened to from here on. After it
    the pipe reads for itself, where nothing is encrypted.
    """

    __slots__ = (
        "_found",
        "_kept",
        "_pinned",
        "_pipe",
        "_ports",
        "_receive",
        "_receive_pinned",
        "_stats",
        "latch",
        "remote",
        "secure",
        "transmit",
        "types",
    )

    def __init__(
        self,
        ports: PortPair,
        stats: StreamStats,
        pipe: Pipe,
        found: Callable[[Any], None],
    ) -> None:
        self.types: frozenset[int] = frozenset()
        """Payload types that were agreed on, beside those of G.711."""
        self.latch = Latch(stats)
        self.remote: Any = None
        """Where audio is sent; None: nowhere."""
        self.secure: Secure | None = None
        self.transmit: Callable[[bytes | memoryview], int] = self._send_anywhere
        """Sends a datagram, encrypted where that is agreed. Raises `OSError`."""
        # Kept through a time in plain: a key that comes again must not count its packets from zero again.
        self._kept: Secure | None = None
        self._ports = ports
        self._pipe, self._stats = pipe, stats
        self._found = found
        self._receive = ports.rtp.recvfrom
        self._pinned: socket.socket | None = None
        self._receive_pinned: Callable[[int], bytes] = ports.rtp.recv
        Poller.of_running_loop().add(ports.rtp, self._readable)

    def expect(self, addr: tuple[str, int]) -> None:
        """Signalling names a new address."""
        self.remote = addr
        self.latch.expect(addr)
        self._unpin()

    def encrypt(self, keys: Keys | None) -> None:
        """SRTP with these keys from here on, or plain RTP. The same again changes nothing."""
        if keys is None and self.secure is None:
            return
        if keys is None:
            self.secure = None
        elif self._kept is None:
            self.secure = self._kept = Secure(keys)
        else:
            self._kept.rekey(keys)
            self.secure = self._kept
        if self._pinned is not None:
            self._pin(self.latch.source)

    @property
    def plain(self) -> bool:
        """Whether the pipe reads: nothing is encrypted, and no stranger's datagram can be among ours."""
        return self._pinned is not None and self.secure is None

    def close(self) -> None:
        """Reads and sends no more; the ports are released by who acquired them."""
        self._unpin()
        Poller.of_running_loop().remove(self._ports.rtp)

    def _readable_secure(self, now: float) -> None:
        try:
            data = self._receive_pinned(MAX_DATAGRAM)
        except OSError:  # nothing there after all, or the peer's machine says that nobody listens
            return
        if (plain := self._opened(data)) is not None:
            self._pipe.received(plain, now)

    def _readable(self, now: float) -> None:
        try:
            raw, addr = self._receive(MAX_DATAGRAM)
        except OSError:  # nothing there after all (a datagram with a bad checksum)
            return
        data = self._opened(raw)
        if data is None:
            return
        if addr == self.latch.source:
            self._pipe.received(data, now)
        elif self.latch.accepts(data, addr, self.types):
            if self.remote is not None:
                self.remote = addr
            self._found(addr)
            self._pipe.received(data, now)
            self._pin(addr)

    def _opened(self, data: bytes) -> bytes | None:
        """A datagram in plain; None where it is not authentic."""
        if self.secure is None:
            return data
        plain = self.secure.unprotect(data)
        self._stats.rejected += plain is None
        return plain

    def _pin(self, addr: Any) -> None:
        """From now on a socket of its own for this peer: the kernel looks up no addresses, nor do we."""
        self._unpin()
        try:
            pinned = self._ports.connected(addr)
        except OSError:
            return  # the socket for everybody serves as well, only at a higher price
        self._pinned, self._receive_pinned = pinned, pinned.recv
        self.transmit, reader = pinned.send, self._pipe.reader(pinned)
        if self.secure is not None:
            self.transmit, reader = self.secure.sender(pinned.send), self._readable_secure
        while True:  # what came between binding and connecting may be anybody's
            try:
                data, source = pinned.recvfrom(MAX_DATAGRAM)
            except OSError:
                break
            if source != addr:
                self._stats.strangers += 1
            elif (plain := self._opened(data)) is not None:
                self._pipe.received(plain, time.monotonic())
        Poller.of_running_loop().add(pinned, reader)

    def _unpin(self) -> None:
        pinned, self._pinned = self._pinned, None
        self.transmit = self._send_anywhere
        if pinned is not None:
            Poller.of_running_loop().remove(pinned)
            pinned.close()

    def _send_anywhere(self, raw: bytes | memoryview) -> int:
        if self.secure is not None:
            raw = self.secure.protect(bytes(raw))
        return self._ports.rtp.sendto(raw, self.remote)
