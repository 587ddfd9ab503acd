"""A phone made of baresip (its Python wheel); run as a script, in a process of its own.

    python baresip_agent.py --user 8001 --password secret --server 127.0.0.1:5060 --port 24000 \
        --ring 7 --play agent.wav --record heard.wav

Each incoming call rings for so long as `--ring` says (the first value for the first call, the last for all
others), is answered, and hears the file of `--play` (the same rule). `--busy` refuses with 486; `--ring
never` lets it ring. `--hangup-after S` ends the call S seconds after the file is through, else the peer does.
Commands on stdin, a line each: `call NUMBER` (given up `--cancel-after` seconds after it begins to ring),
`hangup` (a CANCEL while it rings), `quit`.
Events on stdout, JSON lines with `at` (epoch seconds): registered, incoming, calling, ringing, answered,
played, ended (`why`), failed. It imports nothing of the project.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import json
import struct
import sys
import time
import wave
from pathlib import Path

from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Call,
    CallState,
    Config,
    Event,
    Runtime,
    StackEvent,
    StaleHandleError,
    UserAgent,
)

BYTES_PER_SECOND = 16000
AHEAD = 3200
"""Bytes (0.2 s) kept waiting in baresip's sending buffer."""
NAMES = {
    Event.CALL_RINGING: "ringing",
    Event.CALL_ESTABLISHED: "answered",
}


def say(event: str, **details: object) -> None:
    print(json.dumps({"at": time.time(), "event": event, **details}), flush=True)


def alaw_to_linear(code: int) -> int:
    """One A-law byte as a 16-bit sample (G.711)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return value if code & 0x80 else -value


def read_wav(path: Path) -> bytes:
    """16-bit PCM of a mono 8 kHz WAV, A-law or 16-bit PCM."""
    data, tag, at = path.read_bytes(), 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            tag = struct.unpack_from("<H", body)[0]
        elif name == b"data" and tag == 6:
            return array.array("h", (alaw_to_linear(code) for code in body)).tobytes()
        elif name == b"data" and tag == 1:
            return body[: size // 2 * 2]
        at += 8 + size + size % 2
    raise SystemExit(f"{path} is no A-law or PCM WAV")


OUTGOING = -1
"""The number of a call that the phone has made."""
PRESS_AFTER = 3.0
"""Seconds from the answer to the key."""


class Phone:
    """One registered phone; the newest call is the one that commands act on."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.speech = [read_wav(path) for path in options.play]
        self.incoming = 0
        self.calls: list[Call] = []
        self.closed: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: asyncio.Task[None]) -> None:
        self.tasks.add(work)
        work.add_done_callback(self.tasks.discard)

    def on_incoming(self, call: Call) -> None:
        number, self.incoming = self.incoming, self.incoming + 1
        say("incoming", number=number)
        self.follow(call, number)
        self.spawn(asyncio.ensure_future(self.receive(call, number)))

    async def receive(self, call: Call, number: int) -> None:
        try:
            if self.options.busy:
                await call.reject()
            elif (wait := self.options.ring[min(number, len(self.options.ring) - 1)]) != "never":
                await asyncio.sleep(float(wait))
                await call.answer()
        except StaleHandleError:
            return  # the caller gave up while it rang; `ended` has said so

    def follow(self, call: Call, number: int) -> None:
        self.calls.append(call)
        self.spawn(asyncio.ensure_future(self.talk(call, number)))

    def report(self, event: StackEvent) -> None:
        if event.event in NAMES:
            say(NAMES[event.event])
        if event.event is Event.CALL_RINGING and self.options.cancel_after is not None:
            self.spawn(asyncio.ensure_future(self.give_up()))
        if event.event is Event.CALL_CLOSED:
            self.closed.add(event.call)
            say("ended", why=event.text)

    async def talk(self, call: Call, number: int) -> None:
        speech = self.speech[min(max(0, number), len(self.speech) - 1)] if self.speech else b""
        record = self.options.record.with_stem(f"{self.options.record.stem}-{len(self.calls)}")
        at, done_at, pressed_at = 0, None, None
        with wave.open(str(record), "wb") as heard:
            heard.setparams((1, 2, 8000, 0, "NONE", ""))
            while not self.is_closed(call):
                try:
                    if call.state is CallState.ESTABLISHED and call.audio.info().tx_buffered < AHEAD:
                        at += call.audio.write(speech[at : at + AHEAD // 2])
                    heard.writeframes(call.audio.read(BYTES_PER_SECOND))
                except (AudioNotActive, AudioRestarted):
                    await asyncio.sleep(0.02)  # no media yet, or renegotiated: it comes (back) by itself
                    continue
                if done_at is None and speech and at >= len(speech):
                    done_at = time.monotonic() + AHEAD / BYTES_PER_SECOND
                    say("played")
                pressed_at = pressed_at or await self.press(call, number)
                await self.hang_up_in_time(call, done_at)
                await asyncio.sleep(0.04)

    async def press(self, call: Call, number: int) -> float | None:
        """Presses a key, once, in the call that it has made itself; when it was."""
        if not self.options.press or number >= 0 or call.state is not CallState.ESTABLISHED:
            return None
        await asyncio.sleep(PRESS_AFTER)
        await call.send_dtmf(self.options.press)
        return time.monotonic()

    async def give_up(self) -> None:
        await asyncio.sleep(self.options.cancel_after)
        if not self.is_closed(call := self.calls[-1]):
            await call.hangup()

    def is_closed(self, call: Call) -> bool:
        return call.state is CallState.CLOSED or call.handle in self.closed

    async def hang_up_in_time(self, call: Call, done_at: float | None) -> None:
        after = self.options.hangup_after
        if after is None or done_at is None or time.monotonic() < done_at + after:
            return
        try:
            await call.hangup()
        except StaleHandleError:
            return  # the peer was quicker

    async def obey(self, agent: UserAgent, line: str) -> None:
        verb, _, number = line.partition(" ")
        try:
            if verb == "call":
                target = number if number.startswith("sip:") else f"sip:{number}@{self.options.server}"
                call = await agent.dial(target)
                say("calling", number=number)
                self.follow(call, OUTGOING)
            elif verb == "hangup" and self.calls:
                await self.calls[-1].hangup()
        except BaresipError as error:
            say("failed", why=str(error))

    async def run(self) -> None:
        options = self.options
        runtime = Runtime()
        ports = f"sip_listen 127.0.0.1:{options.port}\nrtp_ports {options.port + 10}-{options.port + 30}\n"
        await runtime.start(
            Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=ports)
        )
        # Not `call.on`: a call refused at once has ended before `dial` gives us the call.
        runtime.subscribe(self.report)
        account = Account(
            user=options.user,
            domain=options.server,
            password=options.password,
            audio_codecs=("pcma", "pcmu"),
            reg_interval=0 if options.direct else 600,
            transport=options.transport,
            extra_params=(f"mediaenc={options.encrypt}",) if options.encrypt else (),
        )
        try:
            agent = await UserAgent.create(runtime, account)
            agent.on_incoming(self.on_incoming)
            if not options.direct:
                await agent.register()
            say("registered")
            await self.serve(agent)
        except BaresipError as error:
            say("failed", why=str(error))
        finally:
            await runtime.close()

    async def serve(self, agent: UserAgent) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while (line := (await reader.readline()).decode().strip()) not in ("", "quit"):
            await self.obey(agent, line)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="a phone made of baresip")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", default="")
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--transport", choices=("udp", "tcp", "tls"), default="udp")
    parser.add_argument("--port", type=int, required=True, help="own SIP port; RTP is at +10 to +30")
    parser.add_argument("--ring", action="append", default=[], help="seconds, or never; once a call")
    parser.add_argument("--play", action="append", type=Path, default=[], help="WAV; once a call")
    parser.add_argument("--record", type=Path, required=True, help="NAME.wav becomes NAME-1.wav, …")
    parser.add_argument("--busy", action="store_true", help="refuse every call with 486")
    parser.add_argument("--hangup-after", type=float, default=None, help="seconds after the file is through")
    parser.add_argument("--cancel-after", type=float, default=None, help="seconds of ringing; for a caller")
    parser.add_argument("--press", default="", help="a key, pressed in each call that it makes")
    parser.add_argument("--direct", action="store_true", help="do not register")
    parser.add_argument("--encrypt", default="", help="srtp (offered) or srtp-mand (required)")
    options = parser.parse_args()
    options.ring = options.ring or ["0"]
    return options


if __name__ == "__main__":
    asyncio.run(Phone(arguments()).run())
