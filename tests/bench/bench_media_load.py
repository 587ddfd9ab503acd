"""The other side of the bench, on core 1: sends RTP to many ports at 50 packets a second, times the return.

Arrival is the kernel's own time stamp (SO_TIMESTAMPNS): this process's delays do not count as the subject's.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sip.media.rtp import HEADER

CORE = 1
SLOTS = 20
"""Streams are spread over the milliseconds of a packet time, as calls are."""
SO_TIMESTAMPNS = 35
_STAMP = struct.Struct("@qq")
_MARK = struct.Struct("!qI")
"""What each packet carries: when it was sent (ns), and its number in its stream."""

Row = tuple[int, int, int, int]
"""Sender's port, arrival and sending time (ns), number."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came back during the window."""

    missing: float
    """Share of the packets sent that did not come back; of those due, where the subject does not relay."""
    gap_p50: float
    """Milliseconds between packets of a stream."""
    gap_p99: float
    transit_p50: float
    """Milliseconds from our sending to the subject's; NaN where the subject does not relay."""
    transit_p99: float
    offered: float = 1.0
    """Share of 50 packets a second that the load has sent: below 1 it could not keep up."""


def settle(core: int) -> None:
    """Keeps this process on one core, before other work of the machine where that is allowed (as root)."""
    os.sched_setaffinity(0, {core})
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)
        # Where Linux groups processes by session, that counts within our own session only.
        Path("/proc/self/autogroup").write_text("-15")


@contextlib.contextmanager
def bench_socket() -> Iterator[socket.socket]:
    """One socket for all streams: every peer's media goes here.

    Another on the port above takes RTCP, as a phone's does: a report must not cost its sender an ICMP error.
    """
    with contextlib.ExitStack() as stack:
        sock, _ = (stack.enter_context(each) for each in _pair())
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 8 << 20)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        yield sock


def _pair() -> tuple[socket.socket, socket.socket]:
    while True:
        low, high = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        low.bind(("127.0.0.1", 0))
        with contextlib.suppress(OSError):  # somebody has the port above
            high.bind(("127.0.0.1", low.getsockname()[1] + 1))
            return low, high
        low.close()
        high.close()


def send(sock: socket.socket, ports: list[int], payload_type: int, stop: Event) -> None:
    """The sending process: stream n goes out in millisecond n modulo 20."""
    settle(CORE)
    targets = [("127.0.0.1", port) for port in ports]
    filler = bytes((0x55,)) * (160 - _MARK.size)
    begin, step = time.monotonic(), 0
    while not stop.is_set():
        number, slot = divmod(step, SLOTS)
        for index in range(slot, len(targets), SLOTS):
            raw = HEADER.pack(0x80, payload_type, number & 0xFFFF, number * 160, index)
            sock.sendto(raw + _MARK.pack(time.time_ns(), number) + filler, targets[index])
        step += 1
        wait = begin + step * 0.02 / SLOTS - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def receive(sock: socket.socket, seconds: float) -> list[Row]:
    """Every packet that comes for so long."""
    rows = []
    sock.settimeout(0.5)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            data, ancillary, _, addr = sock.recvmsg(2048, 64)
        except TimeoutError:
            continue
        whole, nano = _STAMP.unpack(ancillary[0][2])
        rows.append((addr[1], whole * 1_000_000_000 + nano, *_MARK.unpack_from(data, 12)))
    return rows


def load(sock: socket.socket, ports: list[int], payload_type: int) -> tuple[multiprocessing.Process, Event]:
    """Starts sending; set the event to stop."""
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    process = context.Process(target=send, args=(sock, ports, payload_type, stop), daemon=True)
    process.start()
    return process, stop  # type: ignore[return-value]


def judge(rows: list[Row], streams: int, seconds: float, *, relayed: bool) -> Result:
    """Loss, gaps and transit of what `receive` saw."""
    if not rows:
        return Result(1.0, float("nan"), float("nan"), float("nan"), float("nan"))
    table = np.array(rows, np.int64)
    gaps = [np.diff(np.sort(table[table[:, 0] == port, 1])) for port in np.unique(table[:, 0])]
    gap = np.percentile(np.concatenate(gaps) / 1e6, [50, 99])
    nan = np.array([np.nan, np.nan])
    transit = np.percentile((table[:, 1] - table[:, 2]) / 1e6, [50, 99]) if relayed else nan
    due = streams * 50 * seconds
    sent = _sent(table, streams) if relayed else due
    missing = max(0.0, 1 - len(rows) / sent)
    return Result(
        missing, float(gap[0]), float(gap[1]), float(transit[0]), float(transit[1]), offered=sent / due
    )


def _sent(table: npt.NDArray[np.int64], streams: int) -> float:
    """How many packets were sent while we listened, by the numbers of those that came."""
    spans = [np.ptp(table[table[:, 0] == port, 3]) + 1 for port in np.unique(table[:, 0])]
    # Of a stream that does not come at all, as many as of the others.
    return float(np.sum(spans) + np.mean(spans) * (streams - len(spans)))


class Caller:
    """A caller for pyVoIP: it only answers calls from its "server", so this is bound to the server's port."""

    def __init__(self, port: int, media_port: int) -> None:
        self.port, self.media_port = port, media_port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(0.02)

    def call(self, calls: int, timeout: float) -> list[int]:
        """Places calls until `calls` are answered or the time is over; their RTP ports."""
        ports: dict[str, int] = {}
        end, placed = time.monotonic() + timeout, 0
        while len(ports) < calls and time.monotonic() < end:
            if placed < calls:
                self._send("INVITE", placed, body=self._sdp())
                placed += 1
            self._collect(ports)
        return list(ports.values())

    def _collect(self, ports: dict[str, int]) -> None:
        try:
            answer = self.socket.recv(65535).decode(errors="replace")
        except TimeoutError:
            return
        call = re.search(r"Call-ID: (\d+)-", answer)
        media = re.search(r"m=audio (\d+)", answer)
        tag = re.search(r"^To:.*;tag=(\S+)", answer, re.MULTILINE)
        if answer.startswith("SIP/2.0 200") and call and media and tag:
            ports[call[1]] = int(media[1])
            self._send("ACK", int(call[1]), tag=f";tag={tag[1]}")

    def _sdp(self) -> str:
        lines = (
            "v=0",
            "o=bench 1 1 IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {self.media_port} RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000",
            "a=sendrecv",
        )
        return "".join(f"{line}\r\n" for line in lines)

    def _send(self, method: str, call: int, tag: str = "", body: str = "") -> None:
        lines = [
            f"{method} sip:bench@127.0.0.1:{self.port + 1} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK-{call}-{method};rport",
            "Max-Forwards: 70",
            f"From: <sip:caller@127.0.0.1:{self.port}>;tag=from{call}",
            f"To: <sip:bench@127.0.0.1:{self.port + 1}>{tag}",
            f"Call-ID: {call}-bench@127.0.0.1",
            f"CSeq: 1 {method}",
            f"Contact: <sip:caller@127.0.0.1:{self.port}>",
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
        ]
        raw = "\r\n".join(lines) + "\r\n\r\n" + body
        self.socket.sendto(raw.encode(), ("127.0.0.1", self.port + 1))

    def close(self) -> None:
        self.socket.close()
