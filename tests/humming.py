"""Phones of other makers that hum: each its own frequency, and each keeps what it hears.

    async with Baresip.start(folder, "1", AGENT, server, ring="0.2") as agent:
        …
        await agent.hears(CALLER)                   # now: this and nothing else that anybody hums
        assert agent.story() == [{CALLER}]          # from first to last
        assert TARGET not in agent.ever()

Three kinds: baresip (its Python wheel; it does all), pyVoIP (a caller alone), and sipp, whose steps can be
anything and for which an `Ear` hums and listens. Frequencies are of `tests.spectrum.TONES`.
"""

from __future__ import annotations

import abc
import asyncio
import itertools
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.demo.phones.phone import Line, Phone, PhoneError, Ports, line_arguments
from callcenter.demo.phones.scenarios import RTP_STREAM, scenario
from sip.media.dtmf import event_payloads
from sip.media.g711 import PCMA
from sip.media.rtp import Packet
from sip.media.tones import sine
from sip.media.wav import build
from tests.interop.peers import Address, Sipp, sipp_register
from tests.spectrum import Sound, Tones, ever, heard, read, story
from tests.support import eventually, free_port, scaled

EVENT = 101
"""The payload type of telephone events in sipp's descriptions."""
BARESIP = Path(__file__).parent / "interop" / "baresip_phone.py"
NOW = 0.8
"""Seconds at the end of what was heard that count as now."""
PASSING = 0.2
"""The share of windows in which who is not wanted may be heard yet."""
_ports = Ports()
_numbers = itertools.count(1)


class Humming(abc.ABC):
    """`number` names it; calls are counted from 1, 0 is the newest."""

    number: str
    hertz: int

    @abc.abstractmethod
    def sound(self, call: int = 0) -> Sound:
        """What it has heard in a call so far."""

    async def hears(self, *hertz: int, call: int = 0, timeout: float = 15.0) -> None:  # noqa: ASYNC109
        """Waits until it hears exactly these; none: nobody, be it silence, music or a prompt."""
        wanted = set(hertz)

        def look() -> bool:
            sound = self.sound(call)
            steadily, faintly = heard(sound, last=NOW), heard(sound, last=NOW, steady=PASSING)
            return sound.seconds > NOW and steadily == faintly == wanted

        try:
            await eventually(look, timeout)
        except TimeoutError:
            sound = self.sound(call)
            told = f"it hears {heard(sound, last=NOW)}, and heard {story(sound)}"
            raise TimeoutError(f"{self.number} does not hear {wanted}: {told}") from None

    def story(self, call: int = 0) -> list[Tones]:
        """Whom it heard in a call, one after the other."""
        return story(self.sound(call))

    def ever(self, call: int = 0) -> Tones:
        """Everybody whom it heard in a call."""
        return ever(self.sound(call))


class Driven(Humming):
    """A process that is driven by lines and tells what happens in JSON."""

    def __init__(self, number: str, hertz: int, process: Phone, file: Path) -> None:
        self.number, self.hertz, self.process, self.file = number, hertz, process, file

    async def begin(self, line: str) -> None:
        """Gives it a command."""
        await self.process.send(line)

    async def wait(self, event: str, within: float = 15.0) -> dict[str, Any]:
        """The next such event, each given once."""
        return await self.process.wait(event, scaled(within))

    def told(self, event: str) -> list[dict[str, Any]]:
        """All such events so far."""
        return [told for told in self.process.events if told["event"] == event]


class Baresip(Driven):
    """baresip's wheel: takes calls, dials, holds, transfers; commands as `tests/interop/baresip_phone.py`."""

    _server: str

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        folder: Path,
        number: str,
        hertz: int,
        server: Address,
        *words: str,
        password: str,
        ring: str = "0",
    ) -> AsyncIterator[Baresip]:
        """Registered. `ring`: seconds until it answers, `never`, `busy`, or empty where a command does."""
        home = folder / f"{number}-{next(_numbers)}"
        home.mkdir()
        process = await cls._registered(home, number, hertz, server, [*words, f"ring={ring}"], password)
        try:
            phone = cls(number, hertz, process, home / "heard.wav")
            phone._server = f"{server[0]}:{server[1]}"
            yield phone
        finally:
            await process.stop()

    @staticmethod
    async def _registered(
        home: Path,
        number: str,
        hertz: int,
        server: Address,
        words: Iterable[str],
        password: str,
        tries: int = 3,
    ) -> Phone:
        arguments = [number, password, f"{server[0]}:{server[1]}", _ports.block(), hertz, home / "heard.wav"]
        process = await Phone.start(number, str(BARESIP), [*arguments, *words], home)
        try:
            await process.wait("registered", scaled(20))
        except PhoneError:
            await process.stop()
            if tries == 1 or "already in use" not in process.log.read_text():
                raise
            # A phone of a test beside this one took the ports between our look and the phone's.
            return await Baresip._registered(home, number, hertz, server, words, password, tries - 1)
        return process

    def sound(self, call: int = 0) -> Sound:
        return read(self.file.with_stem(f"heard{call or max(1, self.calls)}"))

    @property
    def calls(self) -> int:
        """How many it has had, in and out."""
        return max((told["call"] for told in self.process.events if "call" in told), default=0)

    async def do(self, line: str, within: float = 15.0) -> None:
        """Gives it a command and waits until it has obeyed: a transfer, until the target has answered."""
        await self.begin(line)
        await self.wait("done", within)

    async def dial(self, number: str) -> None:
        """Returns when the call is under way; it is the newest then."""
        await self.do(f"dial sip:{number}@{self._server}")

    async def transfer(self, number: str) -> None:
        """By REFER; returns at once."""
        await self.begin(f"transfer sip:{number}@{self._server}")


class PyVoip(Driven):
    """A caller; it can dial and hang up, and what it hears of a call ends with the next one."""

    @classmethod
    @asynccontextmanager
    async def start(
        cls, folder: Path, number: str, hertz: int, server: Address, *, password: str, register: bool = True
    ) -> AsyncIterator[PyVoip]:
        home = folder / f"{number}-{next(_numbers)}"
        home.mkdir()
        (home / "hum.wav").write_bytes(build(PCMA, PCMA.encode(sine(hertz, 60.0))))
        line = line_arguments(Line(number, password, f"{server[0]}:{server[1]}"), _ports.block())
        more = [
            "--play",
            home / "hum.wav",
            "--record",
            home / "heard.wav",
            *([] if register else ["--direct"]),
        ]
        process = await Phone.start(number, "pyvoip_caller.py", [*line, *more], home)
        try:
            await process.wait("registered", scaled(20))
            yield cls(number, hertz, process, home / "heard.wav")
        finally:
            await process.stop()

    def sound(self, call: int = 0) -> Sound:
        return read(self.file)

    async def dial(self, number: str) -> None:
        await self.begin(f"call {number}")


class Ear(asyncio.DatagramProtocol):
    """The media of a phone whose signalling is sipp's: A-law at 50 packets a second, kept by arrival."""

    def __init__(self, hertz: int, to: Callable[[], Address | None]) -> None:
        self._hum = PCMA.encode(sine(hertz, 1.0))
        self._to = to
        self._kept = bytearray()
        self._begun: float | None = None
        self._pressed: list[bytes | None] = []
        self._transport: asyncio.DatagramTransport
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, hertz: int, to: Callable[[], Address | None]) -> AsyncIterator[Ear]:
        """`to`: where it is to send, once that is known."""
        loop = asyncio.get_running_loop()
        ear = cls(hertz, to)
        ear._transport, _ = await loop.create_datagram_endpoint(lambda: ear, local_addr=("127.0.0.1", 0))
        ear.port = ear._transport.get_extra_info("sockname")[1]
        humming = asyncio.create_task(ear._send(), name="ear")
        try:
            yield ear
        finally:
            humming.cancel()
            await asyncio.gather(humming, return_exceptions=True)
            ear._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12 or data[1] & 0x7F != PCMA.payload_type:
            return
        now = time.monotonic()
        self._begun = self._begun or now
        missing = round((now - self._begun) * 8000) - len(self._kept)
        if missing > 1600:  # nothing came for longer than any jitter: silence
            self._kept += bytes((PCMA.silence,)) * missing
        self._kept += Packet.parse(data).payload

    def press(self, key: str) -> None:
        """RFC 4733, in place of the tone for a tenth of a second, and a tenth until the next."""
        self._pressed += [*event_payloads(key, 100), *[None] * 5]

    async def _send(self) -> None:
        to = await eventually(self._to, 60.0)
        begun, ssrc, began = time.monotonic(), secrets.randbits(32), 0
        for n in itertools.count():
            at = n * 160 % len(self._hum)
            packet = Packet(PCMA.payload_type, n & 0xFFFF, n * 160, ssrc, self._hum[at : at + 160])
            event = self._pressed.pop(0) if self._pressed else None
            began = began or packet.timestamp if event else 0
            if event is not None:
                packet = replace(packet, payload_type=EVENT, timestamp=began, payload=event)
            self._transport.sendto(bytes(packet), to)
            await asyncio.sleep(max(0.0, begun + (n + 1) * 0.02 - time.monotonic()))

    @property
    def sound(self) -> Sound:
        return Sound(PCMA.decode(bytes(self._kept)).astype(np.float64) / 32768, 8000)


class Scripted(Humming):
    """sipp's steps with an ear; `run` is the process, to be nudged and asked whether it went well."""

    def __init__(self, number: str, hertz: int, ear: Ear) -> None:
        self.number, self.hertz, self._ear = number, hertz, ear
        self.run: Sipp

    @classmethod
    @asynccontextmanager
    async def caller(
        cls,
        folder: Path,
        number: str,
        hertz: int,
        server: Address,
        *steps: str,
        service: str,
        login: tuple[str, str],
    ) -> AsyncIterator[Scripted]:
        """Calls `service` with `number` in From."""
        async with cls._with_ear(number, hertz) as phone:
            phone.run = Sipp.start(
                folder, phone._text(*steps), server, service=service, user=number, login=login
            )
            try:
                yield phone
            finally:
                await asyncio.to_thread(phone.run.stop)

    @classmethod
    @asynccontextmanager
    async def agent(
        cls, folder: Path, number: str, hertz: int, server: Address, *steps: str, password: str
    ) -> AsyncIterator[Scripted]:
        """Registered; does the steps at its next call."""
        async with cls._with_ear(number, hertz) as phone:
            port = free_port()
            phone.run = Sipp.start(folder, phone._text(*steps), server, service=number, port=port)
            try:
                await asyncio.to_thread(phone.run.listening)
                await asyncio.to_thread(sipp_register, folder, server, number, password, port)
                yield phone
            finally:
                await asyncio.to_thread(phone.run.stop)

    @classmethod
    @asynccontextmanager
    async def carrier(cls, folder: Path, hertz: int, host: str, *steps: str) -> AsyncIterator[Scripted]:
        """A telephone company at `host` (and `run.port`); does the steps at the next call that it gets."""
        async with cls._with_ear("carrier", hertz) as phone:
            port = free_port(host=host)
            nobody = (host, 9)
            phone.run = Sipp.start(folder, phone._text(*steps), nobody, service="far", port=port, host=host)
            try:
                await asyncio.to_thread(phone.run.listening)
                yield phone
            finally:
                await asyncio.to_thread(phone.run.stop)

    @classmethod
    @asynccontextmanager
    async def _with_ear(cls, number: str, hertz: int) -> AsyncIterator[Scripted]:
        made: list[Scripted] = []
        async with Ear.open(hertz, lambda: made[0]._peer() if made else None) as ear:
            made.append(cls(number, hertz, ear))
            yield made[0]

    def _text(self, *steps: str) -> str:
        text = scenario(*steps).replace(RTP_STREAM, str(self._ear.port))
        return text.replace("c=IN IP4 [media_ip]", "c=IN IP4 127.0.0.1")  # where the ear is

    def _peer(self) -> Address | None:
        """Where the other side wants to be sent to, by the first description that came."""
        if not hasattr(self, "run"):
            return None
        for told in re.split(r"^-{10,}.*$", self.run.messages(), flags=re.MULTILINE)[1:]:
            where = re.search(r"^c=IN IP4 (\S+).*?^m=audio (\d+)", told, re.MULTILINE | re.DOTALL)
            if "message received" in told and where:
                return where[1], int(where[2])
        return None

    def sound(self, call: int = 0) -> Sound:
        return self._ear.sound

    def press(self, key: str) -> None:
        self._ear.press(key)

    async def succeeded(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Waits until it has ended, as its steps say."""
        await asyncio.to_thread(self.run.succeeded, timeout)
