"""Other people's phones for the tests: sipp, the packet capture, and the probe that says a server is up.

    run = Sipp.start(tmp_path, scenario(invite(), answered(), bye(2, "uac")), server, service="8000")
    run.succeeded()

The target is the server, or peer to peer the other phone; steps: `callcenter.demo.phones.scenarios`.
Every process is stopped by its own id.
"""

from __future__ import annotations

import itertools
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from callcenter.demo.phones.scenarios import receive, register, scenario
from tests.support import free_block, free_port, scaled, wait_for

Address = tuple[str, int]

# --- the process ---

_numbers = itertools.count(1)
SIPP_MEDIA_PORTS = 4
"""From -mp on: RTP and RTCP of audio and of video; sipp gives up where one is taken."""


@dataclass(frozen=True)
class Sipp:
    """A sipp at work. `NAME.m.log` in its folder holds the messages (microseconds), `NAME.e.log` errors."""

    process: subprocess.Popen[bytes]
    folder: Path
    name: str
    port: int
    kind: str = "udp"

    @classmethod
    def start(
        cls,
        folder: Path,
        text: str,
        target: Address,
        *,
        service: str,
        user: str | None = None,
        port: int | None = None,
        calls: int = 1,
        rate: int = 10,
        timeout: float = 60.0,
        keys: dict[str, str] | None = None,
        login: tuple[str, str] | None = None,
        transport: str = "u1",
        host: str = "127.0.0.1",
    ) -> Sipp:
        """Starts sipp with a scenario. `login` is the user and password for a bare `[authentication]`.

        `transport` is sipp's: u1 for UDP, t1 for one TCP connection. `rate`: new calls a second.
        """
        name = f"sipp{next(_numbers)}"
        (folder / f"{name}.xml").write_text(text, "latin-1")
        port = port or free_port()
        media = str(free_block(SIPP_MEDIA_PORTS, host))
        given = {"user": user or service, **(keys or {})}
        arguments = [
            *("sipp", _target(target), "-i", host, "-mi", host, "-p", str(port), "-t", transport),
            *(
                "-mp",
                media,
                "-sf",
                f"{name}.xml",
                "-s",
                service,
                "-m",
                str(calls),
                "-l",
                str(calls),
                "-r",
                str(rate),
                "-nostdin",
            ),
            *("-timeout", str(int(scaled(timeout))), "-timeout_error"),
            *("-trace_msg", "-message_file", f"{name}.m.log", "-trace_err", "-error_file", f"{name}.e.log"),
            *(word for key, value in given.items() for word in ("-key", key, value)),
            *(("-au", login[0], "-ap", login[1]) if login else ()),
        ]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(arguments, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet)
        return cls(process, folder, name, port, "udp" if transport.startswith("u") else "tcp")

    def listening(self) -> Sipp:
        """Waits until its port is open: an agent answers nothing before an INVITE."""
        silent = f"{self.name} does not listen: {self.errors()}"
        wait_for(lambda: port_open(self.port, self.kind), message=silent)
        return self

    def wait(self, timeout: float = 60.0) -> int:
        """Its exit status: 0 all went as the scenario says, 1 not, 254 port taken, 255 timeout."""
        return self.process.wait(scaled(timeout))

    def succeeded(self, timeout: float = 60.0) -> None:
        status = self.wait(timeout)
        assert status == 0, f"{self.name} ended with {status}:\n{self.errors()}"

    def errors(self) -> str:
        path = self.folder / f"{self.name}.e.log"
        return path.read_text("utf-8", "replace")[-2000:] if path.exists() else ""

    def messages(self) -> str:
        path = self.folder / f"{self.name}.m.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def nudge(self) -> None:
        """Lets a scenario go on that waits at `nudged()`."""
        (call_id,) = set(re.findall(r"^Call-ID: (.*?)\r?$", self.messages(), re.MULTILINE))
        text = (
            f"MESSAGE sip:{self.name}@127.0.0.1:{self.port} SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnudge\r\nFrom: <sip:test@127.0.0.1>;tag=nudge\r\n"
            f"To: <sip:{self.name}@127.0.0.1>\r\nCall-ID: {call_id}\r\nCSeq: 1 MESSAGE\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(text.encode(), ("127.0.0.1", self.port))

    def stop(self) -> None:
        stop(self.process)


def nudged() -> str:
    """A step that waits for the test's `Sipp.nudge`: what is to come first has come, however long it took."""
    return receive("MESSAGE")


def _target(target: Address) -> str:
    host, port = target
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def stop(process: subprocess.Popen[bytes], timeout: float = 10.0) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(scaled(timeout))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def sipp_register(
    folder: Path, server: Address, user: str, password: str, contact_port: int, *, port: int | None = None
) -> Sipp:
    """Registers `user` at `server` with a contact at `contact_port` (where an agent is to listen)."""
    run = Sipp.start(
        folder,
        scenario(register()),
        server,
        service=user,
        port=port,
        keys={"contact": f"127.0.0.1:{contact_port}"},
        login=(user, password),
        timeout=10,
    )
    run.succeeded(15)
    return run


def udp_port_open(port: int) -> bool:
    """Whether some socket of this machine is bound to the UDP port."""
    return port_open(port, "udp")


def port_open(port: int, kind: str) -> bool:
    """The same for "udp" or "tcp"."""
    wanted = f":{port:04X}"
    tables = [Path(f"/proc/net/{kind}"), Path(f"/proc/net/{kind}6")]
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return any(line.split()[1].endswith(wanted) for line in lines)


# --- readiness and capture ---


def sip_options(server: Address, timeout: float = 10.0) -> str:
    """Sends OPTIONS until the server answers; the status line. RFC 3261 11."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        port = sock.getsockname()[1]
        for attempt in _until(timeout):
            text = (
                f"OPTIONS sip:{server[0]}:{server[1]} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKprobe{port}x{attempt};rport\r\n"
                f"From: <sip:probe@127.0.0.1>;tag={port}\r\nTo: <sip:{server[0]}>\r\n"
                f"Call-ID: probe-{port}-{attempt}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                f"Contact: <sip:probe@127.0.0.1:{port}>\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                sock.sendto(text.encode(), server)
                return sock.recv(65535).split(b"\r\n", 1)[0].decode()
            except (TimeoutError, ConnectionRefusedError):
                continue
    raise TimeoutError(f"nobody answers OPTIONS at {server}")


def _until(timeout: float) -> Iterator[int]:
    end = time.monotonic() + scaled(timeout)
    for attempt in itertools.count():
        if time.monotonic() > end:
            return
        yield attempt


@contextmanager
def capture(path: Path, what: str = "udp", interface: str = "lo") -> Iterator[Path]:
    """Captures packets into `path` (pcapng) while the block runs; `what` is a filter that takes UDP."""
    log = path.with_suffix(".log")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            ["tshark", "-i", interface, "-q", "-w", str(path), "-f", what],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        wait_for(lambda: "Capturing on" in log.read_text("utf-8", "replace"), message=f"tshark: {log}")
        yield path
        wait_for(_Marked(path, what), message="the capture never came to its end")
    finally:
        stop(process)


class _Marked:
    """True when a packet of its own, sent after all the others, is in the capture file."""

    def __init__(self, path: Path, what: str) -> None:
        self.path, self.marker = path, uuid4().hex.encode()
        found = re.search(r"port(?:range)? (\d+)", what)
        self.port = int(found[1]) if found else 9

    def __call__(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(self.marker, ("127.0.0.1", self.port))
        return self.marker in self.path.read_bytes()
