"""Call set-ups and registrations a second on one core: `python -m tests.bench.bench_signalling`.

A set-up is a whole call through the switchboard as it runs in service: INVITE from a carrier, a desk, its
agent rung and answering, both legs bridged, both recordings opened, BYE, and everything on record in SQLite.
The switchboard has core 0 to itself, callers and agents core 1. Nothing is judged by time: it prints.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench.bench_media import Subject, subject_of
from tests.bench.bench_media_load import CORE, settle
from tests.bench.bench_signalling_load import Agents, Callers, Outcome, extension_number
from tests.support import eventually

SUBJECT = "tests.bench.bench_signalling_subject"
DESKS = 300
"""One call each at a time, so this bounds the calls at once."""
IN_FLIGHT = 8
"""Registrations under way at once: enough to keep the switchboard busy."""
WARM_UP = 1.0
DRAIN = 5.0
"""Seconds that a call may take to end after the last was placed; what takes longer has failed."""
SATURATED = 0.97
"""Of a core: a rate above gives no more."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rate of calls. `cpu` is a share of one core, `per_setup` CPU seconds."""

    rate: float
    outcome: Outcome
    on_record: int
    cpu: float
    per_setup: float

    @property
    def failed(self) -> int:
        return self.outcome.placed - self.outcome.done


@dataclass(frozen=True, slots=True)
class Rest:
    """Registrations a second and CPU seconds of each; bytes for each live call."""

    registrations: float
    refused: int
    per_registration: float
    bytes_per_call: float


class Bench:
    """The switchboard measured, and the telephones around it."""

    def __init__(self, subject: Subject, agents: Agents, callers: Callers) -> None:
        self.subject, self.agents, self.callers = subject, agents, callers

    async def ask(self, what: str) -> dict[str, Any]:
        self.subject.say(what)
        return await asyncio.to_thread(self.subject.hear)

    async def setups(self, rate: float, seconds: float) -> Row:
        """Calls at a steady rate. CPU per set-up includes what is written after the last call's end."""
        self.callers.outcome = Outcome()
        await self.callers.place(rate, WARM_UP)
        await self.drained()
        before, begin = await self.ask("rows"), time.monotonic()
        self.callers.outcome = outcome = Outcome()
        await self.callers.place(rate, seconds)
        wall = time.monotonic() - begin
        after = await self.ask("now")
        await self.drained()
        last = await self.ask("rows")
        cpu = after["cpu"] - before["cpu"]
        whole = last["cpu"] - before["cpu"]
        return Row(rate, outcome, last["rows"] - before["rows"], cpu / wall, whole / max(1, outcome.done))

    async def drained(self) -> None:
        """Waits for the last call to end."""
        try:
            await eventually(lambda: self.callers.outcome.settled, DRAIN)
        except TimeoutError:
            self.callers.give_up()

    async def registrations(self, seconds: float) -> tuple[float, int, float]:
        """As many as it takes, `IN_FLIGHT` at a time: a second, refused, CPU seconds of each."""
        users = [extension_number(index) for index in range(DESKS)]
        end, turn = time.monotonic() + seconds, 0

        def more() -> None:
            nonlocal turn
            if time.monotonic() < end:
                self.agents.register(users[turn % len(users)])
                turn += 1

        before, begin = await self.ask("now"), time.monotonic()
        self.agents.registered = self.agents.refused = 0
        await self._keep_registering(more, seconds)
        wall, after = time.monotonic() - begin, await self.ask("rows")
        done = max(1, self.agents.registered)
        return done / wall, self.agents.refused, (after["cpu"] - before["cpu"]) / done

    async def _keep_registering(self, more: Callable[[], None], seconds: float) -> None:
        self.agents.next = more
        for _ in range(IN_FLIGHT):
            more()
        await asyncio.sleep(seconds)
        self.agents.next = lambda: None

    async def everybody_registers(self) -> None:
        for index in range(DESKS):
            wanted = index + 1
            self.agents.register(extension_number(index))
            await eventually(lambda wanted=wanted: self.agents.registered >= wanted)  # type: ignore[misc]

    async def memory(self, calls: int) -> float:
        """Bytes that each of `calls` idle, bridged calls takes; others have come and gone before."""
        before = await self.ask("now")
        self.callers.hold, self.callers.outcome = True, Outcome()
        await self.callers.place(50, calls / 50)
        await eventually(lambda: len(self.callers.outcome.setup) == calls)
        after = await self.ask("rows")
        assert after["live"] == calls, after
        self.callers.hang_up()
        await self.drained()
        self.callers.hold = False
        return float(after["resident"] - before["resident"]) / calls


async def run(rates: list[float], seconds: float, calls: int) -> tuple[list[Row], Rest]:
    loop = asyncio.get_running_loop()
    with subject_of(SUBJECT, DESKS) as subject:
        host, port = (await asyncio.to_thread(subject.hear))["address"]
        _, agents = await loop.create_datagram_endpoint(
            lambda: Agents((host, port)), local_addr=("127.0.0.1", 0)
        )
        _, callers = await loop.create_datagram_endpoint(
            lambda: Callers((host, port), DESKS), local_addr=("127.0.0.1", 0)
        )
        bench = Bench(subject, agents, callers)
        await bench.everybody_registers()
        await callers.place(20, 1.0)
        await bench.drained()
        memory = await bench.memory(calls)
        rows = []
        for rate in rates:
            rows.append(await bench.setups(rate, seconds))
            if rows[-1].failed or rows[-1].cpu > SATURATED:
                break
        rest = Rest(*await bench.registrations(seconds), memory)
        assert subject.process.stdin is not None
        subject.process.stdin.close()
    return rows, rest


def table_of(rows: list[Row]) -> Table:
    table = Table(title="Calls through the switchboard on one core: INVITE to BYE, written to the database")
    names = ("rate", "calls", "failed", "on record", "set-up p50", "set-up p99", "CPU", "CPU per set-up")
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        times = row.outcome.setup or [float("nan")]
        refused = ", ".join(f"{count}× {why}" for why, count in row.outcome.refused.items())
        table.add_row(
            f"{row.rate:.0f}/s",
            str(row.outcome.placed),
            refused or "0",
            str(row.on_record),
            *(f"{value * 1000:.1f} ms" for value in np.percentile(times, [50, 99])),
            f"{row.cpu:.1%}",
            f"{row.per_setup * 1000:.2f} ms",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=[25, 50, 75, 100, 150, 200])
    parser.add_argument("--seconds", type=float, default=6.0, help="measured for each rate")
    parser.add_argument("--calls", type=int, default=100, help="idle calls whose memory is measured")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        parser.error("the bench needs two cores: one for the subject, one for the load")
    settle(CORE)
    rows, rest = uvloop.run(run(options.rates, options.seconds, options.calls))
    console = Console(width=max(120, Console().width))
    console.print(
        table_of(rows),
        f"Registrations (401, then 200, kept in the database): {rest.registrations:.0f} a second, "
        f"{rest.per_registration * 1000:.2f} ms of CPU each, {rest.refused} refused",
        f"Memory: {rest.bytes_per_call / 1024:.0f} KiB for each of {options.calls} bridged, recorded calls",
        f"Load average of the machine: {os.getloadavg()[0]:.1f}",
        sep="\n",
    )


if __name__ == "__main__":
    main()
