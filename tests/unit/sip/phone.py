"""A telephone for the tests: hums a tone of its own at 50 packets a second and keeps what it hears."""

from __future__ import annotations

import asyncio
import socket
import time

import numpy as np

from sip.aio.ports import PortPool
from sip.media.g711 import PCMA, Codec, Samples
from sip.media.rtp import Packet
from sip.media.tones import sine


def pool() -> PortPool:
    """Ports outside of the system's own range, so that free ports of other tests are not hit."""
    return PortPool("127.0.0.1", 10000, 29999, quarantine=0)


class Phone:
    """Sends to `to`; every packet that arrives is in `packets`."""

    def __init__(self, hertz: float, codec: Codec = PCMA, ssrc: int = 1, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.codec, self.ssrc = codec, ssrc
        self.sound = codec.encode(sine(hertz, 4.0))
        self.packets: list[Packet] = []
        self.arrivals: list[float] = []
        self.number = 0
        asyncio.get_running_loop().add_reader(self.socket, self._readable)

    @property
    def addr(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()[:2]
        return host, port

    def _readable(self) -> None:
        self.packets.append(Packet.parse(self.socket.recv(2048)))
        self.arrivals.append(time.monotonic())

    def packet(self, number: int, **changes: object) -> Packet:
        at = number * 160 % len(self.sound)
        values: dict[str, object] = {
            "payload_type": self.codec.payload_type,
            "sequence": (1000 + number) & 0xFFFF,
            "timestamp": (5000 + number * 160) & 0xFFFFFFFF,
            "ssrc": self.ssrc,
            "payload": self.sound[at : at + 160],
        }
        return Packet(**(values | changes))  # type: ignore[arg-type]

    def send(self, to: tuple[str, int], packet: Packet | bytes | None = None) -> None:
        if packet is None:
            packet = self.packet(self.number)
            self.number += 1
        self.socket.sendto(bytes(packet), to)

    async def hum(self, to: tuple[str, int], seconds: float) -> None:
        begin = time.monotonic()
        for tick in range(round(seconds * 50)):
            self.send(to)
            await asyncio.sleep(max(0.0, begin + (tick + 1) * 0.02 - time.monotonic()))

    def heard(self, codec: Codec | None = None) -> Samples:
        audio = [p for p in self.packets if p.payload_type in (0, 8)]
        return (codec or self.codec).decode(b"".join(p.payload for p in audio))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()


def share(samples: Samples, hertz: float) -> float:
    """Share of the energy within 25 Hz of `hertz`, 0 to 1."""
    assert len(samples) > 800, "nothing was heard"
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 8000) - hertz) < 25
    return float(power[near].sum() / max(power.sum(), 1e-9))
