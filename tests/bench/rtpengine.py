"""rtpengine 10.5 in user space, relaying and recording calls, as the bench measures it.

Told what to do in its "ng" protocol: a cookie and a bencoded dictionary in each datagram, and the same back.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import free_port, scaled, wait_for

PROGRAM = "rtpengine"
CORE = 0
_TICK = os.sysconf("SC_CLK_TCK")


def installed() -> bool:
    """Whether this machine has it."""
    return shutil.which(PROGRAM) is not None


def encode(value: Any) -> bytes:
    """Bencoding of int, str, bytes, list and dict."""
    match value:
        case int():
            return b"i%de" % value
        case str():
            return encode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case list():
            return b"l%se" % b"".join(map(encode, value))
        case dict():
            return b"d%se" % b"".join(encode(key) + encode(value[key]) for key in sorted(value))
    raise TypeError(f"no bencoding of {type(value).__name__}")


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The value that begins at an index, and the index after it."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind.isdigit():
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        return data[colon + 1 : end], end
    items, at = [], at + 1
    while data[at : at + 1] != b"e":
        item, at = decode(data, at)
        items.append(item)
    return (items if kind == b"l" else dict(zip(items[::2], items[1::2], strict=True))), at + 1


@dataclass
class Relay:
    """rtpengine at work on core 0."""

    process: subprocess.Popen[bytes]
    folder: Path
    control: socket.socket

    def __post_init__(self) -> None:
        self._cookies = itertools.count()

    def do(self, command: str, **keys: Any) -> dict[bytes, Any]:
        """Sends a command and returns the answer. Raises RuntimeError where that is an error."""
        wanted = b"%d" % next(self._cookies)
        self.control.send(wanted + b" " + encode({"command": command, **keys}))
        cookie, _, rest = self.control.recv(65535).partition(b" ")
        while cookie != wanted:  # the answer to an earlier try
            cookie, _, rest = self.control.recv(65535).partition(b" ")
        found: dict[bytes, Any] = decode(rest)[0]
        if found[b"result"] == b"error":
            raise RuntimeError(f"rtpengine refuses {command}: {found.get(b'error-reason')!r}")
        return found

    def ready(self) -> bool:
        try:
            return bool(self.do("ping")[b"result"] == b"pong")
        except (ConnectionRefusedError, TimeoutError):
            return False

    def bridge(self, call: int, port: int) -> list[int]:
        """A call with both peers at `port`, recorded: the ports that it listens on for them."""
        sdp = _sdp(port)
        leg = {"call-id": f"call{call}", "from-tag": "a", "sdp": sdp, "ICE": "remove", "replace": ["origin"]}
        offered = self.do("offer", **leg, flags=["record-call"])
        answered = self.do("answer", **leg, **{"to-tag": "b"})
        return [int(re.findall(rb"m=audio (\d+)", found[b"sdp"])[0]) for found in (offered, answered)]

    def used(self) -> tuple[float, float, int]:
        """CPU seconds of all its threads until now, in the program and in the kernel; how many threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) / _TICK, int(fields[12]) / _TICK, int(fields[17])

    def recorded(self) -> int:
        """Bytes that it has written of all calls."""
        return sum(file.stat().st_size for file in self.folder.rglob("*.pcap"))


@contextlib.contextmanager
def relay() -> Iterator[Relay]:
    """Starts rtpengine on core 0 and ends it. Raises TimeoutError where it does not come up."""
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        port = free_port()
        process = _start(Path(name), port)
        try:
            control.connect(("127.0.0.1", port))
            control.settimeout(scaled(1))
            found = Relay(process, Path(name), control)
            wait_for(found.ready, message="rtpengine does not answer: see its rtpengine.log")
            yield found
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(scaled(10))
            process.kill()
            process.wait()


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    options = {
        "table": "-1",  # no kernel module: every packet goes through the program, as through ours
        "interface": "127.0.0.1",
        "listen-ng": f"127.0.0.1:{port}",
        "port-min": "10000",
        "port-max": "29999",
        "recording-dir": str(folder),
        "recording-method": "pcap",
        "recording-format": "eth",
        "delete-delay": "0",
        "log-level": "4",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORE})  # inherited
    try:
        with (folder / "rtpengine.log").open("wb") as log:
            return subprocess.Popen(
                [PROGRAM, "--foreground", "--log-stderr", *words], stdout=log, stderr=log, cwd=folder
            )
    finally:
        os.sched_setaffinity(0, ours)


def _sdp(port: int) -> str:
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8",
        "a=rtpmap:8 PCMA/8000",
        "a=sendrecv",
    )
    return "".join(f"{line}\r\n" for line in lines)
