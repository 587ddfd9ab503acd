"""What is measured, each in a process of its own on core 0: our bridge with recording, and pyVoIP answering.

Spoken to in lines: prints `{"ports": [...]}` when ready; reads `begin` and `end`, and answers the latter with
what it used in between. Run as `python -m tests.bench.bench_media_subjects sanxiang|pyvoip CALLS PORT`.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path
from typing import Any

import uvloop

from sip.aio.ports import PortPool
from sip.aio.recorder import Recorder
from sip.aio.rtp import MediaStream
from sip.media.g711 import PCMA
from tests.bench.bench_media_load import settle

CORE = 0


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


class Meter:
    """CPU seconds of this process between two moments."""

    def __init__(self) -> None:
        self.wall, self.begin = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)

    def read(self) -> dict[str, float]:
        """Shares of one core: in all, in the program, in the kernel."""
        wall, end = time.monotonic() - self.wall, resource.getrusage(resource.RUSAGE_SELF)
        user = (end.ru_utime - self.begin.ru_utime) / wall
        system = (end.ru_stime - self.begin.ru_stime) / wall
        return {"cpu": user + system, "user": user, "system": system, "threads": threading.active_count()}


async def sanxiang(calls: int, port: int) -> None:
    """Bridges `calls` pairs of legs, all peers at `port`, and records every leg."""
    pool = PortPool("127.0.0.1", 10000, 29999)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        recorder, streams = Recorder(Path(folder)), []
        for call in range(calls):
            legs = [await MediaStream.open(pool) for _ in range(2)]
            for side, leg in enumerate(legs):
                leg.set_remote(("127.0.0.1", port), PCMA, 101)
                leg.recorder = recorder.open(f"{call}/{side}.wav", PCMA, time.monotonic())
            legs[0].connect(legs[1])
            streams += legs
        tell(ports=[stream.local[1] for stream in streams])
        await lines.readline()
        meter, recorder.stats.longest_flush = Meter(), 0.0
        await lines.readline()
        used = meter.read()
        lost = sum(stream.stats.lost for stream in streams)
        recorded = min(leg.recorder.seconds for leg in streams if leg.recorder is not None)  # type: ignore[attr-defined]
        tell(**used, lost=lost, recorded=recorded, longest_flush=recorder.stats.longest_flush)
        for stream in streams:
            stream.close()
        await recorder.close()


def pyvoip(calls: int, port: int) -> None:
    """Does the same: answers the legs that the server at `port` sends, bridges them by twos, records each.

    It reads and writes 20 ms at a time, as its documentation does; the file is 8-bit, as its audio is.
    """
    import warnings

    warnings.simplefilter("ignore")
    # Its SIP module cannot be imported first: circular import.
    from pyVoIP.VoIP import CallState, VoIPPhone  # isort: skip
    from pyVoIP.SIP import SIPClient

    for unused in ("register", "deregister"):
        setattr(SIPClient, unused, lambda self: True)

    folder = Path(tempfile.mkdtemp())
    alone: list[Any] = []
    partners: dict[Any, Any] = {}
    pairing = threading.Lock()

    def answer(call: Any) -> None:
        with pairing:
            if alone:
                other = alone.pop()
                partners[call], partners[other] = other, call
            else:
                alone.append(call)
        call.answer()
        with wave.open(str(folder / f"{call.call_id}.wav"), "wb") as heard:
            heard.setparams((1, 1, 8000, 0, "NONE", "not compressed"))
            while call.state is CallState.ANSWERED:
                audio = call.read_audio(160, blocking=True)
                heard.writeframes(audio)
                partner = partners.get(call)
                if partner is not None and partner.state is CallState.ANSWERED:
                    partner.write_audio(audio)

    phone = VoIPPhone(
        "127.0.0.1",
        port,
        "bench",
        "secret",
        myIP="127.0.0.1",
        sipPort=port + 1,
        callCallback=answer,
        rtpPortLow=30000,
        rtpPortHigh=39999,
    )
    phone.start()
    tell(ports=[])
    sys.stdin.readline()
    meter = Meter()
    sys.stdin.readline()
    tell(**meter.read(), lost=0, recorded=0.0, longest_flush=0.0)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)  # its threads do not end by themselves


def main() -> None:
    subject, calls, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    settle(CORE)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 65536), limit))
    if subject == "pyvoip":
        pyvoip(calls, port)
    else:
        uvloop.run(sanxiang(calls, port))


if __name__ == "__main__":
    main()
