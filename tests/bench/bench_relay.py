"""Our recording bridge beside rtpengine's in user space: `python -m tests.bench.bench_relay`.

rtpengine (Debian's rtpengine-daemon) relays each call and writes both directions of it to a pcap file; ours
writes a WAV file for each leg. Subject on core 0, load on core 1. Where rtpengine is not installed, it says
so and measures ours. Nothing is judged: it prints.
"""

from __future__ import annotations

import argparse
import os
import time

from rich.console import Console
from rich.table import Table

from tests.bench import rtpengine
from tests.bench.bench_media import LEGS, WARM_UP, Run, measure
from tests.bench.bench_media_load import CORE, bench_socket, judge, load, receive, settle

PCMA = 8


def measure_rtpengine(calls: int, seconds: float) -> Run:
    """The row of rtpengine, under the load of `bench_media.measure`."""
    with bench_socket() as sock, rtpengine.relay() as relay:
        ports = [port for call in range(calls) for port in relay.bridge(call, sock.getsockname()[1])]
        sender, stop = load(sock, ports, PCMA)
        receive(sock, WARM_UP)
        before, begin = relay.used()[0], time.monotonic()
        rows = receive(sock, seconds)
        (after, threads), wall = relay.used(), time.monotonic() - begin
        stop.set()
        sender.join()
        if not relay.recorded():
            raise RuntimeError("rtpengine has recorded nothing: not the same work")
    used = {"cpu": (after - before) / wall, "threads": threads}
    return Run("rtpengine", calls, len(ports) // LEGS, used, judge(rows, len(ports), seconds, relayed=True))


def table_of(runs: list[Run]) -> Table:
    table = Table(title="Calls on one core: two legs each, relayed, recorded")
    names = ("calls", "missing", "gap p50", "gap p99", "transit p50", "transit p99", "threads", "CPU")
    for name in ("subject", *names, "CPU per call", "of rtpengine's"):
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
            f"{run.used['cpu']:.1%}",
            f"{run.cpu_per_call:.3%}",
            f"{run.cpu_per_call / ours:.2f}" if ours else "",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[50, 200, 500])
    parser.add_argument("--seconds", type=float, default=8.0, help="measured for each row")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        parser.error("the bench needs two cores: one for the subject, one for the load")
    settle(CORE)
    both = rtpengine.installed()
    runs = []
    for calls in options.calls:
        runs.append(measure("sanxiang", calls, options.seconds))
        if both:
            runs.append(measure_rtpengine(calls, options.seconds))
    console = Console(width=max(130, Console().width))
    console.print(table_of(runs))
    if not both:
        console.print("rtpengine is not installed (apt install rtpengine-daemon): ours stands alone")
    console.print(f"Load average of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
