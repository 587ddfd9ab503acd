"""What G.722 and Opus cost: `python -m tests.bench.bench_codecs`.

For each pair of codecs: microseconds of one core to transcode a packet of 20 ms, and how much later it
arrives than it was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import socket
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from sip.aio.rtp import MediaStream
from sip.media.codecs import G722, OPUS, Codec, Packed, frame_ticks
from sip.media.g711 import PCMA, PCMU
from sip.media.rtp import Packet
from sip.media.transcoding import Transcoder, encoded
from tests.unit.sip.phone import pool

CODECS: tuple[Codec, ...] = (PCMA, PCMU, G722, OPUS)
PACKETS = 1000


def speech_like(seconds: float) -> np.ndarray:
    """Noise in syllables: what costs an encoder more than a tone."""
    time_axis = np.arange(round(seconds * 8000)) / 8000
    noise = np.random.default_rng(1).standard_normal(len(time_axis))
    smooth = np.convolve(noise, np.ones(4) / 4, "same")
    return np.asarray(smooth * 4000 * (1 + np.sin(2 * np.pi * 3 * time_axis)), np.int16)


def packets(codec: Codec) -> list[bytes]:
    sound = speech_like(PACKETS * 0.02)
    if isinstance(codec, Packed):
        payloads = encoded(sound, codec)
    else:
        data = codec.encode(sound)
        payloads = tuple(data[at : at + 160] for at in range(0, len(data), 160))
    made = enumerate(payloads)
    return [bytes(Packet(codec.payload_type, n, n * frame_ticks(codec), 1, each)) for n, each in made]


def transcoding(source: Codec, target: Codec) -> float:
    """Microseconds a packet; 0 for pairs that are never transcoded."""
    if not isinstance(source, Packed) and not isinstance(target, Packed):
        return 0.0
    made, sent = Transcoder(source, target), [Packet.parse(raw) for raw in packets(source)]
    begin = time.thread_time()
    for each in sent:
        made.take(each.sequence, each.timestamp, each.payload)
    return (time.thread_time() - begin) / len(sent) * 1e6


class End:
    """The far end of a stream: sends, and notes when packets come while it listens."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.at: list[float] = []

    def listen(self) -> None:
        asyncio.get_running_loop().add_reader(self.socket, self._readable)

    def stop_listening(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)

    def _readable(self) -> None:
        self.socket.recv(2048)
        self.at.append(time.perf_counter())


async def bridged(source: Codec, target: Codec) -> list[float]:
    """The delays of packets between two streams, in milliseconds."""
    ports, ends = pool(), (End(), End())
    streams = [await MediaStream.open(ports) for _ in ends]
    for stream, end, codec in zip(streams, ends, (source, target), strict=True):
        stream.set_remote(end.socket.getsockname(), codec, None)
    streams[0].connect(streams[1])
    ends[1].listen()
    sent = [await delayed(ends, raw, streams[0].local) for raw in packets(source)[:500]]
    ends[1].stop_listening()
    for stream, end in zip(streams, ends, strict=True):
        stream.close()
        end.socket.close()
    return [delay for delay in sent if delay is not None]


async def delayed(ends: tuple[End, End], raw: bytes, local: tuple[str, int]) -> float | None:
    """Milliseconds until a packet has come out at the other end; None for one that took above 20."""
    before, at = len(ends[1].at), time.perf_counter()
    ends[0].socket.sendto(raw, local)
    while len(ends[1].at) == before and time.perf_counter() < at + 0.02:  # noqa: ASYNC110 - it measures
        await asyncio.sleep(0.0005)
    return (ends[1].at[-1] - at) * 1000 if len(ends[1].at) > before else None


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    table = Table("from", "to", "transcoding", "delay p50", "delay p99")
    for source, target in itertools.product(CODECS, CODECS):
        if source is PCMU and target is PCMU:
            continue
        cost = transcoding(source, target) if source is not target else 0.0
        delays = asyncio.run(bridged(source, target))
        middle, worst = np.percentile(delays, (50, 99)) if delays else (0, 0)
        table.add_row(
            source.name,
            target.name,
            f"{cost:.0f} µs" if cost else "",
            f"{middle:.1f} ms",
            f"{worst:.1f} ms",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
