"""Our recording bridge beside rtpengine's in user space: `python -m tests.bench.bench_relay`.

rtpengine (Debian's rtpengine-daemon) relays each call and writes both directions of it to a pcap file; ours
writes a WAV file for each leg. Subject on core 0, load on core 1. A second table tells how many calls one
core takes, pyVoIP's too. Where rtpengine is not installed, it says so. Nothing is judged: it prints.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from tests.bench import rtpengine
from tests.bench.bench_media import LEGS, WARM_UP, Run, measure
from tests.bench.bench_media_load import CORE, bench_socket, judge, load, receive, settle

PCMA = 8

MOST_LOSS = 1e-4
MOST_DELAY = 5.0
"""Milliseconds of added delay that 99 of 100 packets stay below."""
LEAST_OFFERED = 0.99
"""Below this the load, not the subject, is at its end."""

STEPS: dict[str, Sequence[int]] = {
    "sanxiang": range(100, 1001, 100),
    "rtpengine": range(100, 1001, 100),
    "pyvoip": (10, 20, 30, 40, 50, 60),
}
"""Numbers of calls that are tried one after another."""


def measure_rtpengine(calls: int, seconds: float) -> Run:
    """The row of rtpengine, under the load of `bench_media.measure`."""
    with bench_socket() as sock, rtpengine.relay() as relay:
        ports = [port for call in range(calls) for port in relay.bridge(call, sock.getsockname()[1])]
        sender, stop = load(sock, ports, PCMA)
        receive(sock, WARM_UP)
        before, begin = relay.used(), time.monotonic()
        rows = receive(sock, seconds)
        after, wall = relay.used(), time.monotonic() - begin
        stop.set()
        sender.join()
        if not relay.recorded():
            raise RuntimeError("rtpengine has recorded nothing: not the same work")
    user, system = ((after[n] - before[n]) / wall for n in (0, 1))
    used = {"cpu": user + system, "user": user, "system": system, "threads": after[2]}
    return Run("rtpengine", calls, len(ports) // LEGS, used, judge(rows, len(ports), seconds, relayed=True))


def measure_any(subject: str, calls: int, seconds: float) -> Run:
    return measure_rtpengine(calls, seconds) if subject == "rtpengine" else measure(subject, calls, seconds)


def table_of(runs: list[Run]) -> Table:
    table = Table(title="Calls on one core: two legs each, relayed, recorded")
    names = ("calls", "missing", "gap p50", "gap p99", "transit p50", "transit p99", "threads", "CPU")
    for name in ("subject", *names, "program", "kernel", "CPU per call", "of rtpengine's"):
        table.add_column(name, justify="left" if name == "subject" else "right")
    theirs = {run.calls: run.cpu_per_call for run in runs if run.subject == "rtpengine"}
    for run in runs:
        result = run.result
        times = (result.gap_p50, result.gap_p99, result.transit_p50, result.transit_p99)
        ours = run.subject != "rtpengine" and theirs.get(run.calls)
        table.add_row(
            run.subject,
            str(run.calls),
            f"{result.missing:.3%}",
            *(f"{value:.2f} ms" for value in times),
            f"{run.used['threads']:.0f}",
            *(f"{run.used[part]:.1%}" for part in ("cpu", "user", "system")),
            f"{run.cpu_per_call:.3%}",
            f"{run.cpu_per_call / ours:.2f}" if ours else "",
        )
    return table


def holds(run: Run) -> bool:
    """Whether no more is lost or late than may be. pyVoIP makes packets anew: their delay cannot be told."""
    result = run.result
    late = result.transit_p99 > MOST_DELAY  # False for NaN
    return run.answered == run.calls and result.missing <= MOST_LOSS and not late


def most_calls(
    subject: str, seconds: float, measured: Callable[[str, int, float], Run] = measure_any
) -> tuple[Run | None, bool]:
    """The run with most calls that holds, and whether more failed (not: the load could give no more).

    A step that fails is tried once more: the machine may have done something else.
    """
    best = None
    for calls in STEPS[subject]:
        for _ in range(2):
            run = measured(subject, calls, seconds)
            if run.result.offered < LEAST_OFFERED:
                return best, False
            if holds(run):
                best = run
                break
        else:
            return best, True
    return best, False


def capacity_table(found: dict[str, tuple[Run | None, bool]]) -> Table:
    """Most calls of each subject, and ours in multiples of the others'."""
    title = f"Most calls on one core: loss up to {MOST_LOSS:.2%}, added delay p99 up to {MOST_DELAY:.0f} ms"
    table = Table(title=title)
    for name in ("subject", "calls", "CPU", "CPU per call", "ours in calls", "ours in CPU per call"):
        table.add_column(name, justify="left" if name == "subject" else "right")
    ours = found["sanxiang"][0]
    for subject, (run, ended) in found.items():
        if run is None:
            table.add_row(subject, f"below {STEPS[subject][0]}")
            continue
        ratios = ["", ""]
        if ours is not None and run is not ours:
            calls = f"{ours.calls / run.calls:.1f} times"
            ratios = [calls, f"{ours.cpu_per_call / run.cpu_per_call:.2f} of it"]
        count = str(run.calls) if ended else f"{run.calls} or more"
        table.add_row(subject, count, f"{run.used['cpu']:.1%}", f"{run.cpu_per_call:.3%}", *ratios)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[50, 200, 500])
    parser.add_argument("--seconds", type=float, default=8.0, help="measured for each row")
    parser.add_argument("--no-most", action="store_true", help="leave out the search for the most calls")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        parser.error("the bench needs two cores: one for the subject, one for the load")
    settle(CORE)
    relays = ["sanxiang", "rtpengine"] if rtpengine.installed() else ["sanxiang"]
    console = Console(width=max(150, Console().width))
    runs = [measure_any(name, calls, options.seconds) for calls in options.calls for name in relays]
    console.print(table_of(runs))
    if not options.no_most:
        found = {name: most_calls(name, options.seconds / 2) for name in (*relays, "pyvoip")}
        console.print(capacity_table(found))
        console.print("“or more”: the load, on the other core, gives no more.")
    if "rtpengine" not in relays:
        console.print("rtpengine is not installed (apt install rtpengine-daemon): ours stands alone")
    console.print(f"Load average of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
