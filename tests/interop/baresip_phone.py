"""A phone made of baresip (its Python wheel) that hums and keeps what it hears; run as a script, in a process
of its own.

    python baresip_phone.py USER PASSWORD SERVER PORT HERTZ HEARD.wav [WORD …]

Words: `ring=SECONDS` (then it answers; `never` and `busy` too; without it a command does), `codecs=NAME,…`
(baresip's, such as `opus/48000/2`), `transport=tls`, `mediaenc=srtp-mand`, `outbound=URI`, `sip_cafile=FILE`.
Commands on stdin, a line each, act on the newest call: `dial URI`, `answer`, `hangup`, `hold`, `resume` (the
last three also on the call of a number), `send_dtmf KEYS`, `transfer URI`, `attended` (the one before the
newest is transferred to the newest); `ring SECONDS` is as the word, for the calls to come. Events on stdout
as JSON lines; what call N hears is HEARDN.wav, mono, at the codec's rate, and grows while it lasts. It
imports nothing of the project.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import math
import sys
import time
import wave
from pathlib import Path
from typing import BinaryIO

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
    StaleHandleError,
    TransferFailed,
    UserAgent,
)


def say(event: str, **details: object) -> None:
    print(json.dumps({"at": time.time(), "event": event, **details}), flush=True)


def hum(hertz: float, rate: int, channels: int) -> bytes:
    """A second of it, 16 bits; whole periods."""
    samples = (round(10000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate))
    return array.array("h", (sample for sample in samples for _ in range(channels))).tobytes()


class Talk:
    """The sound of one call: the tone goes out, what comes in is kept."""

    def __init__(self, call: Call, number: int, hertz: float, heard: Path) -> None:
        self.call, self.number, self.hertz = call, number, hertz
        self.path = heard.with_stem(f"{heard.stem}{number}")
        self.sound, self.at = b"", 0
        self.file: wave.Wave_write | None = None
        self.raw: BinaryIO

    async def last(self) -> None:
        """Until the call is closed."""
        with contextlib.ExitStack() as stack, contextlib.suppress(StaleHandleError):  # closed as it was read
            while self.call.state is not CallState.CLOSED:
                with contextlib.suppress(AudioNotActive, AudioRestarted):  # it comes (back) by itself
                    self.step(stack)
                await asyncio.sleep(0.05)
        say("written", call=self.number)

    def step(self, stack: contextlib.ExitStack) -> None:
        info = self.call.audio.info()
        if not (info.tx_ready and info.rx_ready):
            return
        if self.file is None:
            say("media", call=self.number, rate=info.rx_sample_rate, channels=info.rx_channels)
            self.raw = stack.enter_context(self.path.open("wb"))
            self.file = stack.enter_context(wave.open(self.raw, "wb"))  # noqa: SIM115 - the stack is one
            self.file.setparams((1, 2, info.rx_sample_rate, 0, "NONE", ""))
        self.sound = self.sound or hum(self.hertz, info.tx_sample_rate, info.tx_channels)
        ahead = info.tx_sample_rate * info.tx_channels * 2 // 5
        if info.tx_buffered < ahead:
            piece = (self.sound + self.sound)[self.at : self.at + ahead]
            self.at = (self.at + self.call.audio.write(piece)) % len(self.sound)
        heard = self.call.audio.read(1 << 20)
        samples = array.array("h", heard[: len(heard) // (2 * info.rx_channels) * 2 * info.rx_channels])
        self.file.writeframes(samples[:: info.rx_channels].tobytes())
        self.raw.flush()


class Phone:
    """`ring`: seconds until it answers, "never", "busy", or "" where a command answers."""

    def __init__(self, hertz: float, heard: Path, ring: str) -> None:
        self.hertz, self.heard, self.ring = hertz, heard, ring
        self.calls: list[Call] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def follow(self, call: Call) -> None:
        self.calls.append(call)
        number = len(self.calls)
        call.on(lambda event: say(Event(event.event).name, call=number, text=event.text))
        call.on_dtmf(lambda key: say("key", call=number, key=key.digit))
        self.spawn(asyncio.ensure_future(Talk(call, number, self.hertz, self.heard).last()))

    def incoming(self, call: Call) -> None:
        say("incoming", call=len(self.calls) + 1)
        self.follow(call)
        if self.ring not in ("", "never"):
            self.spawn(asyncio.ensure_future(self.receive(call, self.ring)))

    async def receive(self, call: Call, ring: str) -> None:
        try:
            if ring == "busy":
                await call.reject()
            else:
                await asyncio.sleep(float(ring))
                await call.answer()
        except StaleHandleError:
            return  # the caller gave up while it rang

    async def command(self, agent: UserAgent, verb: str, *words: str) -> None:
        if verb == "dial":
            self.follow(await agent.dial(*words))
            say("dialled", call=len(self.calls))
        elif verb == "ring":
            (self.ring,) = words
        elif verb == "attended":
            await self.calls[-2].attended_transfer(self.calls[-1])
        elif verb in ("hangup", "hold", "resume") and words:
            await getattr(self.calls[int(words[0]) - 1], verb)()
        else:
            await getattr(self.calls[-1], verb)(*words)


async def main(user: str, password: str, server: str, port: str, hertz: str, heard: str, *more: str) -> None:
    given = dict(word.split("=", 1) for word in more)
    phone = Phone(float(hertz), Path(heard), given.get("ring", ""))
    lines = f"sip_listen 127.0.0.1:{port}\nrtp_ports {int(port) + 10}-{int(port) + 30}\n"
    lines += "".join(f"{name} {given[name]}\n" for name in given if name.startswith("sip_"))
    runtime = Runtime()
    await runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=lines))
    account = Account(
        user=user,
        domain=server,
        password=password,
        registrar=given.get("outbound"),
        transport="tls" if given.get("transport") == "tls" else "udp",
        audio_codecs=tuple(given.get("codecs", "pcma,pcmu").split(",")),
        extra_params=(f"mediaenc={given['mediaenc']}",) if "mediaenc" in given else (),
    )
    agent = await UserAgent.create(runtime, account)
    agent.on_incoming(phone.incoming)
    await agent.register()
    say("registered")
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while words := (await reader.readline()).decode().split():
        try:
            await phone.command(agent, *words)
            say("done", verb=words[0])
        except TransferFailed as error:  # what a target does is no mistake of the phone's
            say("not transferred", why=str(error))
        except BaresipError as error:
            say("failed", why=f"{words[0]}: {error!r}")
    await runtime.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
