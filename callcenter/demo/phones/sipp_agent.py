"""A phone made of sipp, for machines where baresip has no wheel; run as a script, in a process of its own.

It takes the arguments of `baresip_agent.py` (`--record` is ignored: sipp records nothing), reads the same
commands and prints the events registered, calling, ended and failed. sipp plays one scenario a process, so
each call is a process, started before it comes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import sys
import tempfile
import time
from pathlib import Path

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    authenticated_invite,
    bye,
    called,
    cancel,
    digit,
    pause,
    play,
    refuse,
    register,
    ring,
    scenario,
    sdp,
    wait_bye,
)
from prompts.g711 import alaw_to_ulaw

NEVER = 3600
PRESS_AFTER = 3000
"""Milliseconds from the answer to the key."""


def say(event: str, **details: object) -> None:
    print(json.dumps({"at": time.time(), "event": event, **details}), flush=True)


def alaw_of(path: Path) -> bytes:
    """The samples of an A-law WAV; sipp wants them without a header."""
    data, at = path.read_bytes(), 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and struct.unpack_from("<H", data, at + 8)[0] != 6:
            raise SystemExit(f"{path} is no A-law WAV")
        if name == b"data":
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise SystemExit(f"{path} is no WAV")


def agent_scenario(options: argparse.Namespace, number: int, folder: Path) -> str:
    """What the phone does with its call `number` (from 0)."""
    if options.busy:
        return scenario(called(), refuse(486, "Busy Here"))
    wait = options.ring[min(number, len(options.ring) - 1)]
    seconds = NEVER if wait == "never" else float(wait)
    steps = [called(), ring(round(seconds * 1000)), answer(sdp(codec=options.codec)), acknowledged()]
    if not options.play:
        return scenario(*steps, wait_bye())
    speech = alaw_of(options.play[min(number, len(options.play) - 1)])
    file = folder / f"speech{number}.raw"
    file.write_bytes(alaw_to_ulaw(speech) if options.codec.endswith("PCMU") else speech)
    steps.append(play(file, options.codec.replace(" ", ",") + "/8000"))
    if options.hangup_after is None:
        return scenario(*steps, wait_bye())
    return scenario(*steps, pause(round(len(speech) / 8 + options.hangup_after * 1000)), bye(1))


def caller_scenario(options: argparse.Namespace) -> str:
    if options.press:
        invite = authenticated_invite(options.user, options.password, sdp("[media_port]"))
        return scenario(invite, answered(2), pause(PRESS_AFTER), digit(options.press), wait_bye())
    return scenario(
        authenticated_invite(options.user, options.password),
        cancel(round((options.cancel_after or 0) * 1000), cseq=2),
    )


class Phone:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.process: asyncio.subprocess.Process | None = None

    async def sipp(self, text: str, service: str, *more: str) -> int:
        """Runs one scenario to its end and returns sipp's exit status."""
        options, file = self.options, self.folder / "scenario.xml"
        file.write_text(text, "latin-1")
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            *("sipp", options.server, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(options.port)),
            *("-mp", str(options.port + 10), "-sf", str(file), "-s", service, "-key", "user", options.user),
            *("-m", "1", "-nostdin", *more),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            cwd=self.folder,
        )
        return await self.process.wait()

    async def register(self) -> None:
        contact = f"127.0.0.1:{self.options.port}"
        login = ("-key", "contact", contact, "-au", self.options.user, "-ap", self.options.password)
        status = await self.sipp(
            scenario(register()), self.options.user, *login, "-timeout", "10", "-timeout_error"
        )
        say("registered") if status == 0 else say("failed", why=f"not registered: sipp ended with {status}")

    async def answer_calls(self) -> None:
        for number in range(sys.maxsize):
            status = await self.sipp(agent_scenario(self.options, number, self.folder), self.options.user)
            say("ended", why=f"sipp ended with {status}")

    async def run(self) -> None:
        if not self.options.direct:
            await self.register()
        serving = asyncio.create_task(self.answer_calls(), name="sipp-agent")
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while (line := (await reader.readline()).decode().strip()) not in ("", "quit"):
            verb, _, number = line.partition(" ")
            if verb == "call":
                await self.end(serving)
                say("calling", number=number)
                status = await self.sipp(caller_scenario(self.options), number)
                serving = asyncio.create_task(self.answer_calls(), name="sipp-agent")
                say("ended", why=f"sipp ended with {status}")
        await self.end(serving)

    async def end(self, serving: asyncio.Task[None]) -> None:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="a phone made of sipp")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", default="")
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--port", type=int, required=True, help="own SIP port; RTP is at +10")
    parser.add_argument("--ring", action="append", default=[], help="seconds, or never; once a call")
    parser.add_argument("--play", action="append", type=Path, default=[], help="A-law WAV; once a call")
    parser.add_argument("--record", type=Path, help="accepted and ignored")
    parser.add_argument("--codec", default="8 PCMA", help="what it answers with")
    parser.add_argument("--busy", action="store_true", help="refuse every call with 486")
    parser.add_argument("--hangup-after", type=float, default=None, help="seconds after the file is through")
    parser.add_argument("--cancel-after", type=float, default=None, help="seconds of ringing; for a caller")
    parser.add_argument("--press", default="", help="a key, pressed in each call that it makes")
    parser.add_argument("--direct", action="store_true", help="do not register")
    options = parser.parse_args()
    options.ring = options.ring or ["0"]
    return options


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sipp-agent-") as folder:
        asyncio.run(Phone(arguments(), Path(folder)).run())
