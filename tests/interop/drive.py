"""Phones driven by lines on stdin: baresip (its Python wheel) and linphonec. Each plays a tone of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.demo.phones.phone import Ports
from tests.support import wait_for

Address = tuple[str, int]
SCRIPT = Path(__file__).parent / "baresip_phone.py"


class Driven:
    """A process that reads commands and writes lines."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
        self.lines: list[str] = []
        with (folder / "errors.log").open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                env={**os.environ, **(environment or {})},
            )
        self._reader = threading.Thread(target=self._read, name="phone's lines", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").strip())

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    def wait(self, text: str, count: int = 1, timeout: float = 15) -> None:
        """Until `count` lines hold `text`."""

        def look() -> bool:
            return sum(text in line for line in self.lines) >= count

        wait_for(look, timeout, message=f"{text!r} not {count} times in {self.lines}")

    def ready(self, wait: Callable[[], object]) -> None:
        """Waits; where that fails the process is not left behind."""
        try:
            wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()


class Baresip(Driven):
    """baresip; `heard(n)` is what its call number `n` (from 1) heard."""

    def __init__(
        self,
        folder: Path,
        user: str,
        password: str,
        server: Address,
        hertz: int,
        ports: Ports,
        *,
        auto: bool = True,
        words: tuple[str, ...] = (),
    ) -> None:
        """`words` are more arguments of the script."""
        self.folder = folder / user
        self.folder.mkdir()
        arguments = [
            user,
            password,
            f"{server[0]}:{server[1]}",
            str(ports.block()),
            str(hertz),
        ]
        more = [*words, "ring=0"] if auto else list(words)
        super().__init__(
            [sys.executable, "-W", "ignore", str(SCRIPT), *arguments, str(self.folder / "heard.wav"), *more],
            self.folder,
        )
        self.ready(lambda: self.wait('"registered"'))

    def events(self, name: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [event for event in told if event["event"] == name]

    def heard(self, number: int) -> Path:
        return self.folder / f"heard{number}.wav"


class Linphone(Driven):
    """linphonec."""

    def __init__(
        self, folder: Path, user: str, password: str, server: Address, hertz: int, ports: Ports
    ) -> None:
        self.folder = folder / user
        (self.folder / ".local/share/linphone").mkdir(parents=True)  # without it its core never starts
        port = ports.block()
        rc = self.folder / "rc"
        rc.write_text(
            f"[sip]\nsip_port={port}\nsip_tcp_port=0\nsip_tls_port=0\n"
            f"[rtp]\naudio_rtp_port={port + 10}\n[video]\nenabled=0\n",
            "utf-8",
        )
        home = {"HOME": str(self.folder), "TERM": "dumb"}
        super().__init__(["stdbuf", "-oL", "linphonec", "-c", str(rc)], self.folder, home)
        for line in (
            "soundcard use files",
            f"play {tone(self.folder, hertz)}",
            f"register sip:{user}@127.0.0.1 sip:{server[0]}:{server[1]} {password}",
        ):
            self.do(line)
        failed = f"linphonec does not register: {self.lines}"
        self.ready(lambda: wait_for(self._registered, 15, message=failed))

    def _registered(self) -> bool:
        self.do("status registered")
        return any("registered, identity=" in line for line in self.lines)


def tone(folder: Path, hertz: int, seconds: int = 40) -> Path:
    """A tone as 16-bit PCM, 8 kHz."""
    path = folder / f"t{hertz}.wav"
    form = ["-r", "8000", "-c", "1", "-b", "16", "-e", "signed", str(path)]
    subprocess.run(["sox", "-n", *form, "synth", str(seconds), "sine", str(hertz), "vol", "0.5"], check=True)
    return path


def share(path: Path, hertz: float, last: float = 1.0) -> float:
    """The share of energy within 25 Hz of `hertz` in the last seconds of a recording, 0 to 1."""
    raw = ["-t", "s16", "-r", "8000", "-c", "1", "-"]
    done = subprocess.run(["sox", "--ignore-length", str(path), *raw], capture_output=True, check=False)
    samples = np.frombuffer(done.stdout[: len(done.stdout) // 2 * 2], "<i2").astype(float)[
        -int(last * 8000) :
    ]
    if len(samples) < 4000:
        return 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 8000) - hertz) < 25
    return float(power[near].sum() / max(power.sum(), 1e-9))


def hears(path: Path, hertz: float, timeout: float = 15) -> None:
    """Waits until the end of a growing recording is `hertz` and nothing else."""
    wait_for(
        lambda: path.exists() and share(path, hertz) > 0.9,
        timeout,
        message=f"{path} holds no {hertz} Hz at its end",
    )
