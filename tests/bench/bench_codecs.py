"""What G.722 and Opus cost: `python -m tests.bench.bench_codecs`.

For each pair of codecs: microseconds of one core to transcode a packet of 20 ms, microseconds that the event
loop takes to pass a packet on (or to hand it to a lane), and how much later it arrives than it was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from dataclasses import dataclass

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


@dataclass
class Arrivals(asyncio.DatagramProtocol):
    """The far end: when each packet came."""

    at: list[float]

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.at.append(time.perf_counter())


async def bridged(source: Codec, target: Codec) -> tuple[float, list[float]]:
    """Microseconds of the event loop's thread a packet, and the delays in milliseconds."""
    ports, loop, arrivals = pool(), asyncio.get_running_loop(), Arrivals([])
    streams = [await MediaStream.open(ports) for _ in range(2)]
    ends = [await loop.create_datagram_endpoint(lambda: arrivals, ("127.0.0.1", 0)) for _ in range(2)]
    for stream, (transport, _), codec in zip(streams, ends, (source, target), strict=True):
        host, port = transport.get_extra_info("sockname")
        stream.set_remote((host, port), codec, None)
    streams[0].connect(streams[1])
    sent, delays, spent = packets(source), list[float](), 0.0
    for raw in sent[:300]:
        before = len(arrivals.at)
        at = time.perf_counter()
        ends[0][0].sendto(raw, streams[0].local)
        deadline = at + 0.02
        while len(arrivals.at) == before and time.perf_counter() < deadline:  # noqa: ASYNC110 - it measures
            await asyncio.sleep(0.0005)
        delays += [(arrivals.at[-1] - at) * 1000] if len(arrivals.at) > before else []
    received = streams[0]._link.received
    for raw in sent[300:]:
        begin = time.thread_time()
        received(raw)
        spent += time.thread_time() - begin
        if streams[0]._crossing._passage is not None:
            await asyncio.sleep(0.0005)  # so that no lane overflows
    for stream, (transport, _) in zip(streams, ends, strict=True):
        stream.close()
        transport.close()
    return spent / len(sent[300:]) * 1e6, delays


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    table = Table("from", "to", "transcoding", "event loop", "delay p50", "delay p99")
    for source, target in itertools.product(CODECS, CODECS):
        if source is PCMU and target is PCMU:
            continue
        cost = transcoding(source, target) if source is not target else 0.0
        relayed, delays = asyncio.run(bridged(source, target))
        middle, worst = np.percentile(delays, (50, 99)) if delays else (0, 0)
        table.add_row(
            source.name,
            target.name,
            f"{cost:.0f} µs" if cost else "",
            f"{relayed:.1f} µs",
            f"{middle:.1f} ms",
            f"{worst:.1f} ms",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
