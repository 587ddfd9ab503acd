"""A switchboard, its phones, and people who do with them whatever comes into their heads, drawn from a seed.

What has to hold at every moment is in `Town.wrong`, what must be so once everybody has hung up in `at_rest`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, select

from callcenter.domain.agents import State as AgentState
from callcenter.events.errors import CommandError
from callcenter.settings import Settings
from callcenter.store.engine import make_engine
from callcenter.store.tables import Call as CallRow
from callcenter.store.tables import Hold, Job, Recording
from callcenter.store.tables import Leg as LegRow
from callcenter.switchboard.census import census
from callcenter.switchboard.role import recover
from sip.aio.call import Call, CallFailed
from sip.aio.ports import PortPool
from sip.errors import StateError
from sip.session import State
from tests.board import Switchboard, switchboard
from tests.soak.phones import Line, Phone
from tests.soak.world import PASSWORD, PHONES_HOST
from tests.support import eventually
from tests.transferor import replaces

TRUNK: Final = "city"
DESK: Final = "8000"
TOGETHER: Final = "8001"
QUEUE: Final = "8002"
SLOTS: Final = ("701", "702")
SUPERVISOR: Final = "5"
AGENTS: Final = ("1", "2", "3")
OTHERS: Final = ("4", "5")
RING_TIMEOUT: Final = 0.7
MEDIA_TIMEOUT: Final = 1.0
FLOW: Final = """
[start]
open = "menu"
[after]
wrap_up = 0.2
survey = "survey-ask"
[group.turns]
order = "in_turn"
agents = ["1", "2", "3"]
ring_timeout = 0.7
missed = "{missed}"
returning = 7
[step.menu]
do = "menu"
prompt = "menu-main"
keys = {{"1" = "queue", "2" = "message", "3" = "ring"}}
timeout = 0.3
tries = 1
otherwise = "queue"
[step.queue]
do = "queue"
group = "turns"
announce_every = 1
offer = "queue-offer"
offer_after = 2
keys = {{"1" = "callback", "2" = "message"}}
longest = 4
overflow = "ring"
nobody = "callback"
[step.ring]
do = "ring"
group = "turns"
busy = "callback"
[step.callback]
do = "callback"
[step.message]
do = "message"
longest = 5
"""
"""Of the desk with everything."""
GIVEN_BACK: Final = ("live_calls", "occupied", "rtp_ports_in_use", "recordings_open", "ledger_backlog")
"""What is empty once no call lasts."""


def settings_of(folder: Path, missed: str = "keep") -> Settings:
    """`missed`: what becomes of an agent of the queue who lets it ring."""
    low = random.randrange(46000, 60000, 200)
    folder.mkdir(parents=True, exist_ok=True)
    flow = folder / "everything.toml"
    flow.write_text(FLOW.format(missed=missed), "utf-8")
    desks = [
        {"id": "front", "number": DESK, "agents": AGENTS[:2], "ring": "in_order"},
        {"id": "all", "number": TOGETHER, "agents": AGENTS, "ring": "together"},
    ]
    everything = {"id": "everything", "number": QUEUE, "name": "万科物业", "flow": flow}
    return Settings(
        data=folder,
        park={"slots": SLOTS, "patience": 5.0},
        sip={
            "listen": "127.0.0.1:0",
            "rtp_ports": (low, low + 199),
            "media_timeout": MEDIA_TIMEOUT,
            "guard": {"calls": 20_000, "burst": 10_000, "rate": 10_000},
        },
        desk=[*({**desk, "name": "万科物业", "ring_timeout": RING_TIMEOUT} for desk in desks), everything],
        extension=[
            {
                "number": number,
                "password": PASSWORD,
                "role": "supervisor" if number == SUPERVISOR else "agent",
            }
            for number in (*AGENTS, *OTHERS)
        ],
        trunk=[{"id": TRUNK, "username": TRUNK, "password": PASSWORD}],
    )


@dataclass
class Person:
    """A telephone and whoever sits at it: calls that ring there, and those that they have a part in."""

    phone: Phone
    ringing: list[Call] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def talking(self) -> list[Line]:
        return [line for line in self.lines if line.call.session.state is State.CONFIRMED]

    @property
    def begun(self) -> list[Line]:
        return [line for line in self.lines if not line.call.is_over]

    def tidy(self) -> None:
        """Puts the receivers of finished calls down."""
        self.ringing = [call for call in self.ringing if call.session.state is State.INCOMING]
        for line in [line for line in self.lines if line.call.is_over]:
            line.close()
            self.lines.remove(line)


class Town:
    """`told` is what was done, for who has to find out what went wrong."""

    def __init__(self, seed: int, folder: Path, here: Switchboard, pool: PortPool) -> None:
        self.random, self.folder, self.here, self.pool = random.Random(seed), folder, here, pool
        self.people: dict[str, Person] = {}
        self.told: list[str] = []
        self._kept: set[asyncio.Task[None]] = set()
        self._callers = 0

    # -- who is there -------------------------------------------------------------------------------------

    @classmethod
    @contextlib.asynccontextmanager
    async def at_work(cls, seed: int, folder: Path, settings: Settings) -> AsyncIterator[Town]:
        low = random.randrange(20_000, 30_000, 500)
        pool = PortPool(PHONES_HOST, low, low + 499, quarantine=0.0)
        async with switchboard(settings) as here:
            town = cls(seed, folder, here, pool)
            try:
                for number in (*AGENTS, *OTHERS):
                    await town._settle_in(number, register=True)
                yield town
            finally:
                await town._leave()

    async def _settle_in(self, number: str, *, register: bool) -> Person:
        person: Person

        async def rung(phone: Phone, call: Call) -> None:
            call.ring()
            person.ringing.append(call)
            await call.over()

        person = Person(Phone(number if register else TRUNK, self.pool, "UDP", rung))
        await person.phone.start(self.here.address, register=register)
        self.people[number] = person
        return person

    async def _leave(self) -> None:
        for task in self._kept:
            task.cancel()
        await asyncio.gather(*self._kept, return_exceptions=True)
        for person in self.people.values():
            for line in person.lines:
                line.close()
            await person.phone.stop()

    # -- what people do -----------------------------------------------------------------------------------

    async def deed(self) -> None:
        """Somebody does something that can be done now."""
        for person in self.people.values():
            person.tidy()
        (deed,) = self.random.choices(list(DEEDS), list(DEEDS.values()))
        done = await deed(self)
        if done:
            self.told.append(f"{deed.__name__}: {done}")

    def _one(self, wanted: Callable[[Person], Any]) -> tuple[str, Person] | None:
        fits = [(name, person) for name, person in self.people.items() if wanted(person)]
        return self.random.choice(fits) if fits else None

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def call_in(self) -> str:
        """Somebody outside calls a desk, or an extension."""
        self._callers += 1
        number = f"139{self._callers:08d}"
        person = await self._settle_in(number, register=False)
        dialled = self.random.choice((DESK, TOGETHER, QUEUE, QUEUE, self.random.choice(OTHERS)))
        await self._dial(person, dialled, number)
        return f"{number} dials {dialled}"

    async def call_inside(self) -> str:
        """An extension calls a desk or another extension, maybe from a call that it has on hold."""
        name = self.random.choice((*AGENTS, *OTHERS))
        dialled = self.random.choice((*OTHERS, *AGENTS, *SLOTS, DESK, QUEUE, "777"))
        await self._dial(self.people[name], dialled, name)
        return f"{name} dials {dialled}"

    async def _dial(self, person: Person, dialled: str, caller: str) -> None:
        line = await person.phone.dial(dialled, caller=caller, name=caller)
        person.lines.append(line)
        self._keep(self._connected(person.phone, line))

    @staticmethod
    async def _connected(phone: Phone, line: Line) -> None:
        with contextlib.suppress(CallFailed):
            await phone.connected(line)

    async def pick_up(self) -> str:
        if (one := self._one(lambda person: person.ringing)) is None:
            return ""
        name, person = one
        call = self.random.choice(person.ringing)
        line = await person.phone.pick_up(call)
        if line is not None:
            person.lines.append(line)
        return name

    async def refuse(self) -> str:
        if (one := self._one(lambda person: person.ringing)) is None:
            return ""
        name, person = one
        code = self.random.choice((486, 603, 480))
        self.random.choice(person.ringing).reject(code)
        return f"{name} with {code}"

    async def hang_up(self) -> str:
        """Who talks, or who has been calling without an answer."""
        if (one := self._one(lambda person: person.begun)) is None:
            return ""
        name, person = one
        self.random.choice(person.begun).call.hangup()
        return name

    async def hold(self) -> str:
        if (one := self._one(lambda person: person.talking)) is None:
            return ""
        name, person = one
        on = self.random.random() < 0.5
        self._keep(self._hold(self.random.choice(person.talking), on))
        return f"{name} {'holds' if on else 'resumes'}"

    @staticmethod
    async def _hold(line: Line, on: bool) -> None:
        with contextlib.suppress(CallFailed, StateError):  # the other one hung up meanwhile, or holds too
            await line.hold(on)

    async def refer(self) -> str:
        """A blind transfer; some phones do not wait for what comes of it."""
        if (one := self._one(lambda person: person.talking)) is None:
            return ""
        name, person = one
        line = self.random.choice(person.talking)
        target = self.random.choice((*OTHERS, *AGENTS, *SLOTS, DESK, QUEUE, "777"))
        goes = self.random.random() < 0.4
        self._keep(self._refer(person.phone, line, f"<sip:{target}@127.0.0.1>", goes))
        return f"{name} to {target}{' and goes' if goes else ''}"

    async def attend(self) -> str:
        """An attended transfer, by who has two calls."""
        if (one := self._one(lambda person: len(person.talking) > 1)) is None:
            return ""
        name, person = one
        first, second = self.random.sample(person.talking, 2)
        to = f"<sip:anybody@127.0.0.1?{replaces(second.call.session.dialog)}>"
        self._keep(self._refer(person.phone, first, to, goes=False))
        return name

    @staticmethod
    async def _refer(phone: Phone, line: Line, to: str, goes: bool) -> None:
        with contextlib.suppress(StateError):
            status = await phone.refer(line.call, to)
            if goes and status == 202:
                line.call.hangup()

    async def key(self) -> str:
        """Somebody in a conversation, a menu, the queue, presses a key."""
        if (one := self._one(lambda person: person.talking)) is None:
            return ""
        name, person = one
        line, key = self.random.choice(person.talking), self.random.choice("123#")
        if self.random.random() < 0.5:
            line.stream.press(key, 100)
        else:
            line.call.press(key)
        return f"{name} {key}"

    async def command(self) -> str:
        """Somebody at the page sends a call on, holds it, or ends it."""
        calls = list(self.here.board.calls)
        if not calls:
            return ""
        call = self.random.choice(calls)
        target = self.random.choice((*OTHERS, *AGENTS, *SLOTS, QUEUE))
        verbs: tuple[tuple[str, dict[str, str]], ...] = (
            ("transfer", {"target": target}),
            ("transfer", {"target": target}),
            ("park", {}),
            ("survey", {}),
            ("operator", {"number": target}),
            ("hold", {}),
            ("resume", {}),
            ("hangup", {}),
            ("monitor", {"by": SUPERVISOR, "mode": self.random.choice(("listen", "whisper", "join", "end"))}),
            ("monitor", {"by": SUPERVISOR, "mode": self.random.choice(("listen", "whisper", "join", "end"))}),
        )
        name, args = self.random.choice(verbs)
        return await self._give(name, call_id=call, **args)

    async def call_from_the_page(self) -> str:
        """An agent's own phone rings, then whom they want to call."""
        number = self.random.choice((*OTHERS, QUEUE))
        return await self._give("call", by=self.random.choice(AGENTS), number=number)

    async def pick_up_from_a_slot(self) -> str:
        """Somebody takes a parked caller, by the page."""
        by = self.random.choice((*AGENTS, *OTHERS))
        return await self._give("pickup", by=by, slot=self.random.choice(SLOTS))

    async def _give(self, name: str, **args: str) -> str:
        told = f"{name} { ({key: value[:6] for key, value in args.items()}) }"
        try:
            await self.here.command(name, **args)
        except CommandError as error:
            return f"{told} refused: {error}"
        return told

    async def wish(self) -> str:
        """An agent takes a break, goes home, or is there again."""
        number = self.random.choice(AGENTS)
        wanted = self.random.choice((AgentState.BREAK, AgentState.SIGNED_OFF, *[AgentState.READY] * 4))
        self.here.board.agents.set(number, wanted, by=number)
        return f"{number} {wanted.value}"

    async def vanish(self) -> str:
        """A caller's telephone loses its power in mid-call. One that rings would be answered, and we wait
        32 s for its ACK (RFC 3261 section 13.3.1.4): that is for the soak."""
        outside = {name: person for name, person in self.people.items() if name.startswith("139")}
        alive = [name for name, person in outside.items() if person.talking]
        if not alive:
            return ""
        name = self.random.choice(alive)
        person = self.people.pop(name)
        await person.phone.lose_power()
        for line in person.lines:
            line.close()
        return name

    async def wait(self) -> str:
        """Time passes: phones ring out, prompts are played."""
        seconds = self.random.choice((0.05, 0.2, 0.8))
        await asyncio.sleep(seconds)
        return f"{seconds} s"

    async def kill(self) -> str:
        """What a kill -9 at this moment would leave: put on record as if the switchboard started again."""
        await asyncio.to_thread(self._kill)
        return "and recover"

    def _kill(self) -> None:
        copy = self.folder / "killed.db"
        copy.unlink(missing_ok=True)
        with self.here.engine.connect() as source:
            source.exec_driver_sql("VACUUM INTO ?", (str(copy),))
        engine = make_engine(f"sqlite:///{copy}")
        try:
            recover(self.here.board.settings, engine)
            faults = unfinished(engine)
        finally:
            engine.dispose()
        assert not faults, f"after a kill: {faults}"

    # -- what has to hold ---------------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """What is not as it must be at every moment between two things that happen."""
        board = self.here.board
        legs = [leg for call in board.calls.values() for leg in call.legs]
        found = []
        mine = (leg.party for leg in legs if leg.party in self.people and len(leg.party) == 1)
        if (counted := Counter(mine)) != board.occupied:
            found.append(f"occupied {dict(board.occupied)}, legs of {dict(counted)}")
        if len({id(leg.call) for leg in legs}) != len(legs):
            found.append("a SIP call is a leg twice")
        if board.pool.in_use < len(legs):
            found.append(f"{board.pool.in_use} ports for {len(legs)} legs")
        known = {id(call) for call in board.agent.calls}
        found += [f"leg of {leg.party} has no SIP call" for leg in legs if id(leg.call) not in known]
        found += [each for number in AGENTS if (each := self._wrong_agent(number))]
        closed = [live.id for live in board.calls.values() if live.book.closed and live.legs]
        return found + [f"call {id} has legs after its end" for id in closed]

    def _wrong_agent(self, number: str) -> str:
        agents, line = self.here.board.agents, self.here.board.distribution
        state, legs = agents.state(number), self.here.board.occupied[number]
        offered = any(place.offer and number in place.offer.open for place in line._places.values())
        at_work = state in (AgentState.RINGING, AgentState.TALKING)
        if at_work == bool(legs or offered):
            return ""
        return f"agent {number} is {state.value} with {legs} legs{', offered a call' if offered else ''}"

    async def faults(self) -> list[str]:
        """What is wrong and stays so: one thing that happens may be known here and there a moment apart."""
        found = set(self.wrong())
        for _ in range(50):
            if not found:
                break
            await asyncio.sleep(0.02)
            found &= set(self.wrong())
        return sorted(found)

    async def everybody_hangs_up(self) -> None:
        """Until nobody has anything left to do."""

        def quiet() -> bool:
            for person in self.people.values():
                person.tidy()
                for call in person.ringing:
                    call.reject(480)
                for line in person.begun:
                    line.call.hangup()
            return not self.here.board.calls

        await eventually(quiet, 30.0, message=f"calls go on: {self.here.board.calls}")

    async def at_rest(self) -> None:
        """Everything was given back, and each call is on record with its outcome."""
        board = self.here.board

        def left() -> dict[str, int]:
            found = {name: count for name, count in census(board).items() if name in GIVEN_BACK and count}
            alive = sum(not call.is_over for call in board.agent.calls)
            found["SIP calls"] = alive
            found["in the line"] = len(board.distribution._places)
            found["parked"] = len(board.lot.parked)
            return {name: count for name, count in found.items() if count}

        with contextlib.suppress(TimeoutError):
            await eventually(lambda: not left(), 20.0)
        assert not left(), left()
        faults = await asyncio.to_thread(unfinished, self.here.engine)
        assert not faults, faults
        assert not (wrong := await self.faults()), wrong


def unfinished(engine: Engine) -> list[str]:
    """Rows of calls that are over, as all of them should be."""
    found = []
    with Session(engine) as work:
        for model, column, what in (
            (CallRow, CallRow.outcome, "outcome"),
            (CallRow, CallRow.ended_at, "end"),
            (LegRow, LegRow.ended_at, "end"),
            (Hold, Hold.ended_at, "end"),
            (Recording, Recording.duration_seconds, "length"),
        ):
            rows = work.exec(_without(model, column)).all()
            found += [f"{model.__name__} without {what}: {row!r}" for row in rows]
        jobs = set(work.exec(select(Job.call_id)))
        found += [f"call {id} was not handed over" for id in work.exec(select(CallRow.id)) if id not in jobs]
    return found


def _without(model: type[SQLModel], column: Any) -> Any:
    return select(model).where(col(column).is_(None))


DEEDS: Final[dict[Callable[[Town], Any], int]] = {
    Town.call_in: 10,
    Town.call_inside: 5,
    Town.pick_up: 16,
    Town.refuse: 2,
    Town.hang_up: 6,
    Town.hold: 5,
    Town.refer: 5,
    Town.attend: 4,
    Town.key: 5,
    Town.command: 5,
    Town.call_from_the_page: 1,
    Town.pick_up_from_a_slot: 2,
    Town.wish: 3,
    Town.vanish: 1,
    Town.wait: 10,
    Town.kill: 2,
}
"""What may happen, and how often."""
