"""A phone made of baresip (its Python wheel) that speaks one codec and hums; a process of its own.

    python baresip_tone.py USER PASSWORD SERVER PORT CODEC HERTZ HEARD.wav

CODEC is baresip's name, such as `opus/48000/2` or `g722/16000/1`. It answers by itself. Commands on stdin,
a line each: `dial URI`, `hangup`, `key K`. Events on stdout as JSON lines; what call N heard is HEARDN.wav,
mono, at the codec's rate. It imports nothing of the project.
"""

from __future__ import annotations

import array
import asyncio
import json
import math
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


def hum(hertz: float, rate: int, channels: int) -> bytes:
    """A second of it, 16 bits; whole periods."""
    samples = (round(10000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate))
    return array.array("h", (sample for sample in samples for _ in range(channels))).tobytes()


class Phone:
    def __init__(self, hertz: float, heard: Path) -> None:
        self.hertz, self.heard = hertz, heard
        self.calls: list[Call] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def follow(self, call: Call) -> None:
        self.calls.append(call)
        number = len(self.calls)
        call.on(lambda event: say(Event(event.event).name, call=number, text=event.text))
        self.spawn(asyncio.ensure_future(self.talk(call, number)))

    def incoming(self, call: Call) -> None:
        self.follow(call)
        self.spawn(asyncio.ensure_future(call.answer()))

    async def talk(self, call: Call, number: int) -> None:
        sound, at, heard, told = b"", 0, b"", False
        rate = channels = 1
        try:
            while call.state is not CallState.CLOSED:
                await asyncio.sleep(0.05)
                try:
                    info = call.audio.info()
                    if not (info.tx_ready and info.rx_ready):
                        continue
                    rate, channels = info.rx_sample_rate, info.rx_channels
                    if not told:
                        told = True
                        say("media", rate=rate, channels=channels)
                    sound = sound or hum(self.hertz, info.tx_sample_rate, info.tx_channels)
                    ahead = info.tx_sample_rate * info.tx_channels * 2 // 5
                    if info.tx_buffered < ahead:
                        piece = (sound + sound)[at : at + ahead]
                        at = (at + call.audio.write(piece)) % len(sound)
                    heard += call.audio.read(1 << 20)
                except (AudioNotActive, AudioRestarted):
                    continue
        except StaleHandleError:
            pass  # closed while it was read
        with wave.open(str(self.heard.with_stem(f"{self.heard.stem}{number}")), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            samples = array.array("h", heard[: len(heard) // (2 * channels) * 2 * channels])
            file.writeframes(samples[::channels].tobytes())
        say("written", call=number)


async def command(phone: Phone, agent: UserAgent, verb: str, *words: str) -> None:
    if verb == "dial":
        phone.follow(await agent.dial(*words))
    elif verb == "key":
        await phone.calls[-1].send_dtmf(*words)
    else:
        await getattr(phone.calls[-1], verb)()


async def main(user: str, password: str, server: str, port: str, codec: str, hertz: str, heard: str) -> None:
    phone = Phone(float(hertz), Path(heard))
    runtime = Runtime()
    ports = f"sip_listen 127.0.0.1:{port}\nrtp_ports {int(port) + 10}-{int(port) + 30}\n"
    await runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=ports))
    account = Account(user=user, domain=server, password=password, transport="udp", audio_codecs=(codec,))
    agent = await UserAgent.create(runtime, account)
    agent.on_incoming(phone.incoming)
    await agent.register()
    say("registered")
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while words := (await reader.readline()).decode().split():
        try:
            await command(phone, agent, *words)
            say("done", verb=words[0])
        except BaresipError as error:
            say("failed", why=f"{words[0]}: {error!r}")
    await runtime.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
