"""sipp phones at a whole service: agents that are registered, callers on the trunk."""

from __future__ import annotations

import subprocess
from pathlib import Path

from callcenter.demo.phones.scenarios import authenticated_invite, scenario
from tests.interop.peers import Sipp, sipp_register
from tests.service import PASSWORD, RunningService
from tests.support import free_port

CALLER = "13800138000"


class Phones:
    """Keeps the phones it starts, and stops them."""

    def __init__(self, folder: Path, service: RunningService) -> None:
        self._folder, self._service = folder, service
        self._running: list[Sipp] = []

    def agent(self, number: str, *steps: str) -> Sipp:
        """An extension whose phone does `steps` at the next call."""
        port = free_port()
        run = Sipp.start(self._folder, scenario(*steps), self._service.sip, service=number, port=port)
        self._running.append(run.listening())
        sipp_register(self._folder, self._service.sip, number, PASSWORD, port)
        return run

    def caller(self, number: str, *steps: str) -> Sipp:
        """Calls `number` from outside; the steps follow the authenticated INVITE."""
        text = scenario(authenticated_invite("city", PASSWORD), *steps)
        login = ("city", PASSWORD)
        run = Sipp.start(self._folder, text, self._service.sip, service=number, user=CALLER, login=login)
        self._running.append(run)
        return run

    def stop(self) -> None:
        for run in self._running:
            run.stop()


def headerless(wav: Path, folder: Path) -> Path:
    """A WAV as the headerless A-law that sipp plays."""
    path = folder / f"{wav.stem}.al"
    form = ["-t", "al", "-r", "8000", "-c", "1"]
    subprocess.run(["sox", str(wav), *form, str(path)], check=True)
    return path


def hum(folder: Path, hertz: int = 440, seconds: int = 5) -> Path:
    """A tone as headerless A-law."""
    path = folder / f"t{hertz}.al"
    form = ["-r", "8000", "-c", "1", "-t", "al", str(path)]
    subprocess.run(["sox", "-n", *form, "synth", str(seconds), "sine", str(hertz), "vol", "0.5"], check=True)
    return path
