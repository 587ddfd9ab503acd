"""A switchboard's parts without its processes, and phones made of our own user agent, on loopback.

Real SIP and RTP, a real ledger on SQLite; no broker, no web. Each phone hums a tone of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time as clock
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.settings import Settings
from callcenter.store import migrate
from callcenter.store.engine import make_engine
from callcenter.store.ledger import Ledger
from callcenter.store.tables import Call as CallRow
from callcenter.store.tables import Leg as LegRow
from callcenter.store.tables import Recording as RecordingRow
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.board import Board
from callcenter.switchboard.claiming import Claiming
from callcenter.switchboard.commands import Commands
from callcenter.switchboard.kept_places import KeptPlaces
from callcenter.switchboard.reception import Reception
from callcenter.switchboard.role import commands_of
from callcenter.switchboard.trunks import Trunk as Line
from callcenter.switchboard.trunks import Trunks
from prompts.catalogue import CATALOGUE, AudioClip
from prompts.languages import Catalogues
from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.aio.ports import PortPool
from sip.aio.recorder import Recorder
from sip.aio.rtp import MediaStream
from sip.aio.trunk import Trunk
from sip.digest import Credentials, DigestClient
from sip.effects import Respond
from sip.errors import PeerError
from sip.media import g711, tones
from sip.media.clip import Clip
from sip.media.codecs import Codec, codec_of
from sip.media.transcoding import Decoder, samples_of
from sip.message import URI, Address, Request, Response, encode
from sip.registration import Account, TrunkState
from sip.sdp import PCMA, PCMU, Description, Format, answer, offer, settle
from sip.session import State
from sip.session_timer import TimerPolicy
from sip.transactions import Address as HostPort
from tests.support import eventually

PASSWORD = "unit-test-secret"
TRUNK = "city"
BRIEF_SECONDS = 0.6
RING_SECONDS = 2.0
"""How long an agent's phone rings: long enough for one that answers, on a machine that is busy."""


def settings_for(
    folder: Path,
    *,
    ring_timeout: float = RING_SECONDS,
    agents: tuple[str, ...] = ("1", "2"),
    ring: str = "in_order",
    outside: dict[str, Any] | None = None,
    trunks: list[dict[str, Any]] | None = None,
    roles: dict[str, str] | None = None,
    transfers: tuple[str, ...] = (),
    mailboxes: tuple[str, ...] = (),
    **sip: Any,
) -> Settings:
    """`outside` is what extensions may call there; `trunks` are lines beside the gateway's; `roles` are of
    extensions that are no agents; those of `transfers` may send callers outside, those of
    `mailboxes` have one."""
    allowed, role = outside or {}, roles or {}
    extensions = [
        {
            "number": number,
            "password": PASSWORD,
            "outside": allowed.get(number, False),
            "role": role.get(number, "agent"),
            "transfers_outside": number in transfers,
            "mailbox": number in mailboxes,
        }
        for number in ("1", "2", "3")
    ]
    desk = {
        "id": "front",
        "number": "8000",
        "name": "万科物业",
        "agents": agents,
        "ring": ring,
        "ring_timeout": ring_timeout,
    }
    low = random.randrange(31000, 45000, 200)
    return Settings(
        data=folder,
        sip={"listen": "127.0.0.1:0", "rtp_ports": (low, low + 199), **sip},
        desk=[desk],
        extension=extensions,
        trunk=[{"id": TRUNK, "username": TRUNK, "password": PASSWORD}, *(trunks or [])],
    )


class Brief(Catalogues):
    """The prompts that ship, each cut short: for tests that wait for their end, not for their words."""

    def compose(self, prompt_id: str, /, *, language: str = "", **values: str | int | clock) -> AudioClip:
        whole = super().compose(prompt_id, language=language, **values)
        octets = round(BRIEF_SECONDS * 8000)
        seconds = min(BRIEF_SECONDS, whole.seconds)
        return replace(whole, pcma=whole.pcma[:octets], pcmu=whole.pcmu[:octets], seconds=seconds)


@cache
def shipped_prompts(brief: bool) -> Catalogues:
    """Read once in a process; `brief`: only how each begins."""
    return (Brief if brief else Catalogues)(CATALOGUE, None)


@dataclass
class Switchboard:
    """Board and reception at work, and what they have written."""

    board: Board
    reception: Reception
    engine: Engine
    commands: Commands

    @property
    def address(self) -> HostPort:
        return (self.board.agent.local.host, self.board.agent.local.port)

    async def row(self, caller: str | None = None) -> CallRow:
        """The only call, or the only one of a caller's, once it has an outcome."""
        wanted = select(CallRow) if caller is None else select(CallRow).where(CallRow.caller == caller)

        def look() -> CallRow | None:
            with Session(self.engine) as session:
                row = session.exec(wanted).one_or_none()
                return row if row and row.outcome else None

        return await eventually(look)

    async def recorded(self, leg_id: str) -> Path:
        """The file of a leg's only recording, once it is complete."""
        wanted = select(RecordingRow).where(RecordingRow.leg_id == leg_id)

        def look() -> str | None:
            with Session(self.engine) as session:
                row = session.exec(wanted).one_or_none()
                return row.path if row and row.finished else None

        return self.board.settings.recordings / await eventually(look)

    def legs(self) -> list[LegRow]:
        with Session(self.engine) as session:
            return list(session.exec(select(LegRow).order_by("position")))

    async def command(self, name: str, **args: Any) -> Mapping[str, Any]:
        """A command's result. Raises CommandError."""
        return await self.commands.give(name, args)

    async def live(self) -> Any:
        """The only call that lasts."""
        return await eventually(lambda: next(iter(self.board.calls.values()), None))


@contextlib.asynccontextmanager
async def switchboard(settings: Settings, *, brief: bool = False) -> AsyncIterator[Switchboard]:
    """`brief`: prompts are over in a moment."""
    url = f"sqlite:///{settings.data / 'test.db'}"
    await asyncio.to_thread(migrate.upgrade, url)
    engine = make_engine(url)
    ledger = Ledger(engine, "test", "node-1", lambda: None)
    accounts = Accounts(settings)
    reception: Reception

    async def take(call: Call) -> None:
        await reception.take(call)

    board = Board(
        settings=settings,
        accounts=accounts,
        agent=UserAgent(
            accounts, take, timer=TimerPolicy(settings.sip.session_expires), guard=accounts.guard
        ),
        pool=PortPool("127.0.0.1", *settings.sip.rtp_ports),
        recorder=Recorder(settings.recordings),
        ledger=ledger,
        prompts=shipped_prompts(brief),
    )
    reception = Reception(board)
    board.kept = KeptPlaces(board, reception.originate, Claiming(engine, settings.site))
    await board.agent.start("127.0.0.1", 0)
    board.trunks = Trunks(Line(config, board.agent, accounts) for config in settings.trunks)
    board.trunks.start()
    try:
        yield Switchboard(board, reception, engine, commands_of(board, reception, engine))
    finally:
        await reception.close()
        board.trunks.stop()
        await board.close()
        await board.agent.stop()
        await board.recorder.close()
        await ledger.close()
        engine.dispose()


class _Anybody:
    """A phone's policy: it takes every call, and nobody registers at it."""

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        return Admission(identity="switchboard")

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        raise PeerError("a phone is no registrar", status=403)


@dataclass
class Heard:
    """A track that keeps what a phone hears, by order of arrival."""

    codec: Codec
    payloads: list[bytes] = field(default_factory=list)

    def feed(
        self, now: float, ssrc: int, sequence: int, timestamp: int, second: int, payload: bytes, /
    ) -> None:
        self.payloads.append(payload)

    def follow(self, payload: bytes, /) -> None:
        self.payloads.append(payload)

    def share(self, hertz: float, last: int = 15) -> float:
        """The share of `hertz` in the power of the last packets (20 ms each)."""
        if len(self.payloads) < 5 and sum(map(len, self.payloads)) < 800:
            return 0.0
        decoder = Decoder(self.codec)
        frames = [frame for each in self.payloads for frame in decoder.decode(each)]
        rate = frames[0].sample_rate
        samples = np.concatenate([samples_of(frame) for frame in frames])[-last * rate // 50 :].astype(float)
        power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        near = np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - hertz) < 25
        return float(power[near].sum() / max(power.sum(), 1e-9))


class Phone:
    """A softphone that hums `hertz`; `keys` are those that were pressed for it as RTP events."""

    def __init__(self, number: str, hertz: float, pool: PortPool) -> None:
        self.number, self.hertz = number, hertz
        self.ring_seconds: float | None = 0.05
        """Before it answers; None rings on for ever."""
        self.refuse: int | None = None
        self.forward = ""
        """The Contact of a refusal with 302."""
        self.codecs: tuple[Format, ...] = (PCMA, PCMU)
        """What it speaks, in its order of preference."""
        self.calls: list[Call] = []
        self.stream: MediaStream | None = None
        self.heard = Heard(g711.PCMA)
        self.keys: list[str] = []
        self.agent = UserAgent(_Anybody(), self._take)
        self._pool = pool
        self._trunk: Trunk | None = None
        self._offered: Description | None = None

    async def start(self, server: HostPort, *, register: bool = True) -> None:
        await self.agent.start("127.0.0.1", 0)
        self._server = server
        if register:
            registrar = URI("sip", server[0], port=server[1])
            account = Account(registrar, Credentials(self.number, PASSWORD))
            self._trunk = trunk = Trunk(self.agent, account, lambda _: None)
            trunk.start()
            await eventually(lambda: trunk.state is TrunkState.REGISTERED)

    async def stop(self) -> None:
        if self._trunk:
            self._trunk.stop()
        await self.agent.stop()
        if self.stream:
            self.stream.close()

    @property
    def call(self) -> Call:
        return self.calls[-1]

    async def dial(self, number: str, *, caller: str | None = None) -> Call:
        """Calls a number and returns at once. A trunk's call has the outside `caller` in From."""
        await self._open()
        assert self.stream is not None
        self._offered = offer("127.0.0.1", self.stream.local[1], self.codecs)
        call = self.agent.invite(
            URI("sip", self._server[0], user=number, port=self._server[1]),
            bytes(self._offered),
            from_address=Address(URI("sip", "127.0.0.1", user=caller or self.number)),
            digest=DigestClient(Credentials(self.number, PASSWORD)),
        )
        self.calls.append(call)
        return call

    async def connected(self) -> None:
        """Waits until its own call is answered, then hums."""
        description = await self.call.answered()
        assert self._offered is not None
        self._hum(settle(self._offered, description))

    def reinvite(self, direction: str) -> None:
        """Sends a re-INVITE with another direction."""
        assert self.stream is not None
        local, session = self.stream.local[1], self.call.session
        description = offer("127.0.0.1", local, self.codecs, version=2)
        body = bytes(description).replace(b"a=sendrecv", f"a={direction}".encode())
        request = session.dialog.request("INVITE")
        request.headers.set("Content-Type", "application/sdp")
        request.body = body
        self.agent.send(request, session.dialog.next_hop(), _AckedInvite(self))

    async def _open(self) -> None:
        self.stream = await MediaStream.open(self._pool)
        self.stream.recorder = self.heard

    async def _take(self, call: Call) -> None:
        self.calls.append(call)
        if self.refuse is not None:
            effects = call.session.reject(self.refuse)
            if self.forward and isinstance(effects[0], Respond):
                effects[0].response.contact = [Address(URI.parse(self.forward))]
            self.agent.perform(call, effects, self.agent.now())
            return
        call.ring()
        if self.ring_seconds is None:
            await call.over()
            return
        await asyncio.sleep(self.ring_seconds)
        if call.session.state is State.INCOMING:
            await self.pick_up()

    async def pick_up(self) -> None:
        """Answers the newest call, and hums."""
        call = self.call
        await self._open()
        assert self.stream is not None and call.remote is not None
        body, agreement = answer(call.remote, "127.0.0.1", self.stream.local[1], self.codecs)
        call.answer(bytes(body))
        self._hum(agreement)

    def _hum(self, agreement: Any) -> None:
        assert self.stream is not None
        codec = codec_of(agreement.codec.name, agreement.codec.payload_type)
        self.heard.codec = codec
        event = agreement.telephone_event
        address = (agreement.address, agreement.port)
        self.stream.set_remote(address, codec, event.payload_type if event else None)
        self.stream.on_digit = self.keys.append
        self.stream.play(Clip.from_samples(tones.sine(self.hertz, 1.0)), loop=True)

    async def hears_keys(self, keys: str) -> None:
        """Waits until these were pressed for it, and no others."""
        try:
            await eventually(lambda: "".join(self.keys) == keys)
        except TimeoutError:
            raise TimeoutError(f"{self.number} hears keys {self.keys}, not {keys}") from None

    async def hears(self, hertz: float) -> None:
        """Waits until what it hears is `hertz` and nothing else."""
        await eventually(lambda: self.heard.share(hertz) > 0.9, message=f"{self.number} hears no {hertz} Hz")


@dataclass
class _AckedInvite:
    """Acknowledges the answer to a re-INVITE that was sent past the session."""

    phone: Phone

    def receive(self, request: Request, response: Response, moment: Any) -> None:
        if response.code >= 200:
            dialog = self.phone.call.session.dialog
            ack = dialog.request("ACK", cseq=request.cseq.sequence)
            hop = dialog.next_hop()
            self.phone.agent._transmit(encode(ack), (hop.host, hop.port or 5060))

    def timed_out(self, request: Request, moment: Any) -> None:
        raise AssertionError("the re-INVITE got no answer")
