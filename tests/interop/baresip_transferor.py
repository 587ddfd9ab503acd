"""A phone made of baresip (its Python wheel) that transfers; run as a script, in a process of its own.

    python baresip_transferor.py USER PASSWORD SERVER PORT PLAY.wav HEARD.wav [WORD …]

Commands on stdin, a line each, act on the newest call: `dial URI`, `answer`, `hangup`, `hold`, `resume`,
`send_dtmf KEYS`, `transfer URI`, `attended` (the one before the newest is transferred to the newest).
Words: `auto` (it answers by itself), `transport=tls`, `mediaenc=srtp-mand`, `outbound=URI`,
`sip_cafile=FILE`. Events on stdout as JSON lines; what call N heard is HEARDN.wav. It imports nothing of the
project.
"""

from __future__ import annotations

import asyncio
import json
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
    StaleHandleError,
    UserAgent,
)


def say(event: str, **details: object) -> None:
    print(json.dumps({"at": time.time(), "event": event, **details}), flush=True)


class Phone:
    def __init__(self, play: Path, heard: str, *, auto: bool) -> None:
        with wave.open(str(play)) as file:
            self.sound = file.readframes(file.getnframes())
        self.heard, self.auto = heard, auto
        self.calls: list[Call] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def follow(self, call: Call) -> None:
        self.calls.append(call)
        number = len(self.calls)
        call.on(lambda event: say(Event(event.event).name, call=number, text=event.text))
        call.on_dtmf(lambda key: say("key", call=number, key=key.digit))
        task = asyncio.ensure_future(self.talk(call, number))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def incoming(self, call: Call) -> None:
        say("incoming", call=len(self.calls) + 1)
        self.follow(call)
        if self.auto:
            task = asyncio.ensure_future(call.answer())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def talk(self, call: Call, number: int) -> None:
        with wave.open(self.heard.replace(".wav", f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            at = 0
            try:
                while call.state is not CallState.CLOSED:
                    try:
                        if call.audio.info().tx_buffered < 3200:
                            at += call.audio.write(self.sound[at : at + 1600])
                        file.writeframes(call.audio.read(16000))
                    except (AudioNotActive, AudioRestarted):
                        pass
                    await asyncio.sleep(0.05)
            except StaleHandleError:
                return  # closed while it was read

    async def command(self, agent: UserAgent, verb: str, *words: str) -> None:
        if verb == "dial":
            self.follow(await agent.dial(*words))
        elif verb == "attended":
            await self.calls[-2].attended_transfer(self.calls[-1])
        else:
            await getattr(self.calls[-1], verb)(*words)


async def main(user: str, password: str, server: str, port: str, play: str, heard: str, *more: str) -> None:
    phone = Phone(Path(play), heard, auto="auto" in more)
    given = dict(word.split("=", 1) for word in more if "=" in word)
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
        audio_codecs=("pcma", "pcmu"),
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
        except BaresipError as error:
            say("failed", why=f"{words[0]}: {error!r}")
    await runtime.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
