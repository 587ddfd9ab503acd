"""What a supervisor costs: `python -m tests.bench.bench_conference`.

Calls of two recorded legs, first bridged, then each in a conference with a supervisor who listens. The phones
are another process; what is measured is the CPU time of the one that relays and mixes.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sip.aio.conference import Conference
from sip.aio.ports import PortPool
from sip.aio.recorder import Recorder
from sip.aio.rtp import MediaStream
from sip.media.codecs import G722, OPUS, Codec
from sip.media.g711 import PCMA, PCMU
from tests.bench.bench_codecs import packets

CASES: tuple[tuple[Codec, ...], ...] = ((PCMA,) * 3, (PCMU, PCMA, PCMA), (G722,) * 3, (OPUS,) * 3)


def talk(sockets: Sequence[socket.socket], to: Sequence[int], codec: Sequence[Codec]) -> None:
    """Sends 50 packets a second from each socket, and throws away what comes; until it is ended."""
    sounds = {each.name: packets(each)[:500] for each in codec}
    began, tick = time.monotonic(), 0
    while True:
        for number, (sock, port) in enumerate(zip(sockets, to, strict=True)):
            sock.sendto(sounds[codec[number % len(codec)].name][tick % 500], ("127.0.0.1", port))
        tick += 1
        time.sleep(max(0.0, began + tick * 0.02 - time.monotonic()))


async def cpu(seconds: float) -> float:
    """The share of a core that this process takes."""
    await asyncio.sleep(1.0)
    used, began = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return (time.process_time() - used) / (time.monotonic() - began)


async def measure(calls: int, codecs: tuple[Codec, ...], seconds: float, folder: Path) -> tuple[float, float]:
    """Per call, the share of a core while it is bridged, and while somebody listens."""
    pool, recorder = PortPool("127.0.0.1", 20000, 29998), Recorder(folder)
    ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3 * calls)]
    streams = []
    for number, end in enumerate(ends):
        end.bind(("127.0.0.1", 0))
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what nobody reads is dropped
        stream = await MediaStream.open(pool)
        stream.set_remote(end.getsockname(), codecs[number % 3], None)
        streams.append(stream)
    trios = [streams[at : at + 3] for at in range(0, len(streams), 3)]
    for number, (caller, agent, _) in enumerate(trios):
        caller.connect(agent)
        for side, stream in (("caller", caller), ("agent", agent)):
            stream.recorder = recorder.open(f"{side}{number}", stream.codec, time.monotonic())
    ports = [stream.local[1] for stream in streams]
    phones = multiprocessing.get_context("fork").Process(target=talk, args=(ends, ports, codecs), daemon=True)
    phones.start()
    plain = await cpu(seconds)
    conferences = [Conference() for _ in trios]
    for conference, (caller, agent, boss) in zip(conferences, trios, strict=True):
        conference.arrange({caller: [agent], agent: [caller], boss: [caller, agent]})
    watched = await cpu(seconds)
    phones.terminate()
    phones.join()
    for conference in conferences:
        conference.close()
    for stream, end in zip(streams, ends, strict=True):
        stream.close()
        end.close()
    await recorder.close()
    return plain / calls, watched / calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    table = Table("caller, agent, supervisor", "calls", "bridged", "with a supervisor")
    for codecs in CASES:
        calls = options.calls if codecs[0] in (PCMA, PCMU) else max(1, options.calls // 4)
        with tempfile.TemporaryDirectory() as folder:
            plain, watched = asyncio.run(measure(calls, codecs, options.seconds, Path(folder)))
        names = ", ".join(codec.name for codec in codecs)
        table.add_row(names, str(calls), f"{plain:.2%} of a core", f"{watched:.2%}")
    Console().print(table)


if __name__ == "__main__":
    main()
