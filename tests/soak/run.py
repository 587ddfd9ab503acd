"""A soak: random calls for so many minutes, then everything must be as it was. `make soak` runs it.

Run as `python -m tests.soak.run --minutes 60 [--seed N] [--calls N] [--lanes N]`; it exits 1 where something
did not return, or is on record otherwise than it happened.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from callcenter.store.engine import make_engine
from tests.servers import ServerProcess, embedded_broker, mosquitto
from tests.soak.judge import busy, faults_on_record, more_instances, outcomes, slope, strayed
from tests.soak.plan import Kind
from tests.soak.scripts import Report
from tests.soak.subject import LOG
from tests.soak.world import CARRIER_HOST
from tests.support import free_port, scaled

LANES = 10
"""Scripts played at once."""
SETTLE = 110.0
"""Seconds in which everything must have returned. A 200 without its ACK is repeated for 64·T1 = 32 s, the BYE
then sent to nobody as long (timer F), and the call is kept for late messages as long again; RFC 3261
section 17."""
EVERY = 10.0
"""Seconds between two looks, and two lines of progress."""
SLOPE_KIB = 1.0
"""Most by which memory may grow, in KiB a script, in the second half of a run that has filled the caches."""
FILLED = 8000
"""Scripts by whose half it has: 4096 header values of each kind are kept, and a script brings fresh ones."""
INSTANCES = 300
"""Objects of one class that there may be more of after a long run: caches with a bound."""
LONG = 600.0
"""Seconds from which on memory is judged: a short run is all warm-up."""


class Talk:
    """A process that is spoken to in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, *words: str) -> Talk:
        command = [sys.executable, "-m", *words]
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 24))

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the soak ended with {await self._process.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def ask(self, question: str) -> dict[str, Any]:
        self.say(question)
        return await self.hear()

    async def stop(self) -> int:
        """Ends its input, and waits for its own end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._process.wait(), scaled(60))
        self._process.kill()
        return await self._process.wait()


@dataclass
class Soak:
    """What is found out."""

    seed: int
    folder: Path
    say: Callable[[str], None]
    reports: list[Report] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    instances: dict[str, int] = field(default_factory=dict)
    samples: list[tuple[float, float]] = field(default_factory=list)
    """Scripts played, and MiB resident."""
    faults: list[str] = field(default_factory=list)

    async def run(self, subject: Talk, peers: Talk, seconds: float, most: int) -> None:
        long = seconds >= LONG
        begun = time.monotonic()
        if long:
            await self._play(peers, 0, seconds, len(Kind))
            await self._settle(subject, {})
            self.instances = await subject.ask("instances")
        self.before = await subject.ask("census")
        self.say(f"seed {self.seed}: begin, {_line(self.before)}")
        looking = asyncio.create_task(self._look(subject, begun))
        await self._play(peers, len(self.reports), seconds, most)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        self.faults += await self._settle(subject, self.before)
        if long:
            self.faults += self._memory(await subject.ask("instances"))
        self.faults += [f"{name}: {n}" for name, n in (await subject.ask("flush")).items() if n]

    async def _play(self, peers: Talk, first: int, seconds: float, most: int) -> None:
        peers.say(f"play {first} {seconds} {most}")
        while "played" not in (heard := await peers.hear()):
            self.reports.append(Report(**heard))

    async def _look(self, subject: Talk, begun: float) -> None:
        while True:
            await asyncio.sleep(EVERY)
            census = await subject.ask("census")
            self.samples.append((len(self.reports), census["resident_bytes"] / 2**20))
            seconds = time.monotonic() - begun
            self.say(f"{seconds:6.0f} s  {len(self.reports):6d} played  {_line(census)}")

    async def _settle(self, subject: Talk, wanted: dict[str, int]) -> list[str]:
        """Waits until all is as it was, or should be; what is not, in words."""
        deadline = time.monotonic() + scaled(SETTLE)
        while time.monotonic() < deadline:
            census = await subject.ask("census")
            if not (wrong := strayed(wanted, census) if wanted else busy(census)):
                break
            await asyncio.sleep(1.0)
        self.say(f"settled: {_line(census)}")
        return wrong

    def _memory(self, instances: dict[str, int]) -> list[str]:
        late = self.samples[len(self.samples) // 2 :]
        kib = slope(late) * 1024
        judged = late[-1][0] >= FILLED
        self.say(f"memory: {kib:.2f} KiB a script, {late[0][1]:.1f} to {late[-1][1]:.1f} MiB")
        faults = more_instances(self.instances, instances, INSTANCES)
        if judged and kib > SLOPE_KIB:
            faults.append(f"memory grows by {kib:.2f} KiB a script")
        return faults

    def judge(self) -> None:
        """What is on record, once the switchboard has ended."""
        engine = make_engine(f"sqlite:///{self.folder / 'callcenter.db'}")
        with Session(engine) as work:
            self.faults += faults_on_record(work, self.folder / "recordings", self.reports)
            for kind, counted in sorted(outcomes(work, self.reports).items()):
                self.say(f"  {kind:18} {', '.join(f'{name} {n}' for name, n in counted.most_common())}")
        engine.dispose()
        for line in (self.folder / LOG).read_text("utf-8").splitlines():
            if line.startswith(("ERROR", "CRITICAL", "Traceback")):
                self.faults.append(line[:300])


def _line(census: dict[str, int]) -> str:
    figures = (
        ("live", "live_calls"),
        ("sockets", "fd_socket"),
        ("files", "fd_file"),
        ("tasks", "tasks"),
        ("ports", "rtp_ports_in_use"),
        ("transactions", "transactions"),
        ("dialogs", "calls"),
    )
    words = [f"{word} {census.get(name, 0)}" for word, name in figures]
    return f"{census['resident_bytes'] / 2**20:.1f} MiB  " + "  ".join(words)


def _broker(folder: Path) -> ServerProcess:
    has_mosquitto = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    return mosquitto(folder) if has_mosquitto else embedded_broker(folder)


@contextlib.asynccontextmanager
async def processes(folder: Path, seed: int, lanes: int) -> AsyncIterator[tuple[Talk, Talk]]:
    """The switchboard and its phones, with a broker; all ended at the end."""
    broker = _broker(folder)
    await asyncio.to_thread(broker.start)
    url, carrier = f"mqtt://127.0.0.1:{broker.port}", str(free_port(host=CARRIER_HOST))
    try:
        subject = await Talk.start("tests.soak.subject", str(folder), url, carrier)
        try:
            host, port = (await subject.hear())["address"]
            words = (host, str(port), url, str(seed), str(lanes), carrier)
            peers = await Talk.start("tests.soak.peers", *words)
            try:
                await peers.hear()
                yield subject, peers
            finally:
                await peers.stop()
        finally:
            await subject.stop()
    finally:
        await asyncio.to_thread(broker.stop)


async def soak(
    folder: Path, seed: int, seconds: float, *, most: int = 10**9, lanes: int = LANES, say: Any = print
) -> list[str]:
    """Plays random calls for so long, at most so many; what is wrong then, in words."""
    found = Soak(seed, folder, say)
    async with processes(folder, seed, lanes) as (subject, peers):
        await found.run(subject, peers, seconds, most)
    await asyncio.to_thread(found.judge)
    return found.faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--calls", type=int, default=10**9, help="at most so many scripts")
    parser.add_argument("--lanes", type=int, default=LANES, help="scripts at once")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the other processes are ended as well
    folder = Path(tempfile.mkdtemp(prefix="sanxiang-soak-"))
    print(f"soak: seed {given.seed}, {given.minutes:g} minutes, in {folder}", flush=True)

    def say(line: str) -> None:
        print(line, flush=True)

    work = soak(folder, given.seed, given.minutes * 60, most=given.calls, lanes=given.lanes, say=say)
    try:
        faults = asyncio.run(work)
    except KeyboardInterrupt:
        raise SystemExit(f"stopped; {folder} is kept") from None
    for fault in faults:
        print(f"FAULT {fault}")
    if faults:
        raise SystemExit(f"{len(faults)} faults; {folder} is kept")
    shutil.rmtree(folder)
    print("everything is as it was")


if __name__ == "__main__":
    main()
