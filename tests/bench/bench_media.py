"""Bridged, recorded calls on one core beside pyVoIP doing the same: `python -m tests.bench.bench_media`.

A call is two legs bridged and both recorded to disk. pyVoIP answers both legs, passes each one's audio on to
the other with its own calls, and writes it to a file. The subject has core 0 to itself, the load core 1.
A call half of whose packets are missing counts as half a call. The last column holds our whole call against a
single leg of pyVoIP's; the last line each subject's call where it is cheapest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.bench_media_load import CORE, Caller, Result, bench_socket, judge, load, receive, settle
from tests.support import free_block, scaled

SUBJECTS = "tests.bench.bench_media_subjects"
WARM_UP = 1.5
LEGS = 2
"""Legs in a call."""
AIM = 0.25
"""CPU per call at most this share of pyVoIP's at the same number of calls."""
BEST = 0.1
"""The same, each where its calls cost least."""


@dataclass(frozen=True, slots=True)
class Run:
    """One subject at one number of calls."""

    subject: str
    calls: int
    answered: int
    used: dict[str, float]
    result: Result

    @property
    def cpu_per_call(self) -> float:
        """Of the calls that it carries."""
        return self.used["cpu"] / max(1.0, self.answered * (1.0 - self.result.missing))


class Subject:
    """The process measured, spoken to in lines."""

    def __init__(self, module: str, *arguments: str | int) -> None:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def stop(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(scaled(5))
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def subject_of(module: str, *arguments: str | int) -> Iterator[Subject]:
    """A module run as a process with its arguments, and ended."""
    subject = Subject(module, *arguments)
    try:
        yield subject
    finally:
        subject.stop()


def measure(name: str, calls: int, seconds: float) -> Run:
    """One row of the table."""
    relayed = name == "sanxiang"
    with bench_socket() as sock:
        media_port = sock.getsockname()[1]
        sip_port = free_block(2)
        with subject_of(SUBJECTS, name, calls, media_port if relayed else sip_port) as subject:
            ports = subject.hear()["ports"]
            caller = None
            if not relayed:
                caller = Caller(sip_port, media_port)
                ports = caller.call(LEGS * calls, scaled(calls / 10 + 5))
            sender, stop = load(sock, ports, 8 if relayed else 0)
            receive(sock, WARM_UP)
            subject.say("begin")
            rows = receive(sock, seconds)
            subject.say("end")
            used = subject.hear()
            stop.set()
            sender.join()
            if caller is not None:
                caller.close()
    return Run(name, calls, len(ports) // LEGS, used, judge(rows, len(ports), seconds, relayed=relayed))


def table_of(runs: list[Run]) -> Table:
    """Everything measured, ours and pyVoIP's in turn."""
    table = Table(title="Calls on one core: two legs each, bridged, both recorded")
    timings = ("gap p50", "gap p99", "transit p50", "transit p99")
    for column in (
        "subject",
        "calls",
        "missing",
        *timings,
        "threads",
        "CPU",
        "CPU per call",
        "of pyVoIP's",
        "of one leg's",
    ):
        table.add_column(column, justify="left" if column == "subject" else "right")
    for run in runs:
        result, theirs = run.result, reference(runs, run.calls)
        ratio = run.cpu_per_call / theirs.cpu_per_call if theirs and run is not theirs else None
        times = (result.gap_p50, result.gap_p99, result.transit_p50, result.transit_p99)
        table.add_row(
            run.subject,
            f"{run.answered}/{run.calls}",
            f"{result.missing:.2%}",
            *(f"{value:.2f} ms" if value == value else "" for value in times),
            f"{run.used['threads']:.0f}",
            f"{run.used['cpu']:.1%}",
            f"{run.cpu_per_call:.3%}",
            *("" if ratio is None else f"{ratio / legs:.2f}" for legs in (1, 1 / LEGS)),
        )
    return table


def reference(runs: list[Run], calls: int) -> Run | None:
    """pyVoIP at the same number of calls."""
    return next((run for run in runs if run.subject == "pyvoip" and run.calls == calls), None)


def cheapest(runs: list[Run], subject: str) -> Run | None:
    """The run in which a call of the subject costs least."""
    return min(
        (run for run in runs if run.subject == subject), key=lambda run: run.cpu_per_call, default=None
    )


def main() -> int:
    """Prints the table; status 1 where the aim is missed at any number of calls, or at best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[25, 50, 100, 200])
    parser.add_argument("--alone", type=int, nargs="*", default=[500], help="calls of ours without pyVoIP's")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured for each row")
    parser.add_argument(
        "--subject", choices=["sanxiang", "pyvoip"], nargs="+", default=["sanxiang", "pyvoip"]
    )
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        parser.error("the bench needs two cores: one for the subject, one for the load")
    settle(CORE)
    load = os.getloadavg()[0]
    runs = [measure(name, calls, options.seconds) for calls in options.calls for name in options.subject]
    runs += [measure("sanxiang", calls, options.seconds) for calls in options.alone]
    console = Console(width=max(150, Console().width))
    console.print(table_of(runs), f"Load average of the machine before: {load:.1f}", sep="\n")
    best, theirs_best = cheapest(runs, "sanxiang"), cheapest(runs, "pyvoip")
    share = best.cpu_per_call / theirs_best.cpu_per_call if best and theirs_best else 0.0
    if best and theirs_best:
        console.print(
            f"At its cheapest a call costs {best.cpu_per_call:.3%} of a core ({best.calls} calls), pyVoIP's "
            f"{theirs_best.cpu_per_call:.3%} ({theirs_best.calls} calls): {share:.3f} of it"
        )
    ours = [(run, reference(runs, run.calls)) for run in runs if run.subject == "sanxiang"]
    missed = any(theirs and run.cpu_per_call > AIM * theirs.cpu_per_call for run, theirs in ours)
    return int(missed or share > BEST)


if __name__ == "__main__":
    sys.exit(main())
