"""A switchboard with a real store, and the phones of a test, all ended at its end.

Callers from outside come over the line `city` with any number; agents and other extensions have the
numbers "1" to "6".
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from callcenter.demo.phones.scenarios import answered, authenticated_invite, bye
from callcenter.demo.sound import contains, decode_alaw
from callcenter.settings import Settings
from callcenter.store.tables import Call, Hold, Leg, Outbox
from callcenter.switchboard.census import census
from tests.board import PASSWORD, Switchboard, switchboard
from tests.humming import Baresip, Humming, PyVoip, Scripted
from tests.interop.peers import nudged
from tests.spectrum import TONES
from tests.support import eventually

TRUNK = "city"
EXTENSIONS = ("1", "2", "3", "4", "5", "6")
DESK = "8000"
CALLER, AGENT, SECOND, TARGET, OTHER = TONES[:5]
"""The tones of the parties, in Hz."""
NUMBER = "13800138000"


def settings_of(
    folder: Path,
    *,
    agents: tuple[str, ...] = ("1", "2"),
    flow: str = "",
    trunks: Sequence[dict[str, Any]] = (),
    numbers: Sequence[str] = (),
    sip: dict[str, Any] | None = None,
    **desk: Any,
) -> Settings:
    """One desk, 8000, with these agents, or this text of a flow. `desk` has further keys of it; `trunks` are
    lines beside the city's, which extensions 1 to 3 may call out on; 6 is a supervisor's. `numbers` are
    further extensions, `sip` further settings."""
    low = random.randrange(31000, 45000, 200)
    front: dict[str, Any] = {"id": "front", "number": DESK, "name": "万科物业", **desk}
    if flow:
        front["flow"] = folder / "front.toml"
        front["flow"].write_text(flow, "utf-8")
    else:
        front |= {"agents": agents, "ring_timeout": desk.get("ring_timeout", 5.0)}
    extensions = [{"number": number, "password": PASSWORD, "outside": number <= "3"} for number in EXTENSIONS]
    return Settings(
        data=folder / "data",
        sip={"listen": "127.0.0.1:0", "rtp_ports": (low, low + 199), **(sip or {})},
        desk=[front],
        extension=[
            *extensions[:5],
            {**extensions[5], "role": "supervisor"},
            *({"number": number, "password": PASSWORD} for number in numbers),
        ],
        trunk=[{"id": TRUNK, "username": TRUNK, "password": PASSWORD, "outgoing": not trunks}, *trunks],
    )


@dataclass
class Stage:
    """`here` is the switchboard; every phone that is started here is stopped at the end."""

    here: Switchboard
    folder: Path
    ending: contextlib.AsyncExitStack

    async def phone(self, number: str, hertz: int, ring: str = "0", *words: str) -> Baresip:
        """A registered extension; `ring` as `Baresip.start`."""
        starting = Baresip.start(
            self.folder, number, hertz, self.here.address, *words, password=PASSWORD, ring=ring
        )
        return await self.ending.enter_async_context(starting)

    async def pyvoip(self, number: str, hertz: int) -> PyVoip:
        """An extension that can only call."""
        starting = PyVoip.start(self.folder, number, hertz, self.here.address, password=PASSWORD)
        return await self.ending.enter_async_context(starting)

    async def caller(
        self,
        hertz: int = CALLER,
        *steps: str,
        number: str = NUMBER,
        dials: str = DESK,
        account: str = TRUNK,
    ) -> Scripted:
        """Calls from outside, or with the account of an extension. Without steps it hangs up when it is
        nudged."""
        first = authenticated_invite(account, PASSWORD)
        rest = steps or (answered(2), nudged(), bye(3, "uac"))
        starting = Scripted.caller(
            self.folder,
            number,
            hertz,
            self.here.address,
            first,
            *rest,
            service=dials,
            login=(account, PASSWORD),
        )
        return await self.ending.enter_async_context(starting)

    async def agent(self, number: str, hertz: int, *steps: str) -> Scripted:
        """An extension that does the steps at its next call."""
        starting = Scripted.agent(self.folder, number, hertz, self.here.address, *steps, password=PASSWORD)
        return await self.ending.enter_async_context(starting)

    # -- the page ----------------------------------------------------------------------------------------

    async def transfer(self, call: Call, target: str) -> None:
        """The page's command. Raises CommandError."""
        await self.here.command("transfer", call_id=call.id, target=target)

    async def hang_up(self, call: Call) -> None:
        """The page's command. Raises CommandError."""
        await self.here.command("hangup", call_id=call.id)

    def heard_prompt(self, phone: Humming, prompt: str, call: int = 0, **values: Any) -> bool:
        """Whether the very words of a prompt are in what a phone heard."""
        spoken = decode_alaw(self.here.board.prompt(prompt, None, **values).alaw)
        return contains(phone.sound(call).samples, spoken)

    # -- what is on record --------------------------------------------------------------------------------

    def calls(self) -> list[Call]:
        """All of them, in their order."""
        with Session(self.here.engine) as session:
            return list(session.exec(select(Call).order_by(col(Call.started_at))))

    def legs(self, call: Call) -> list[Leg]:
        with Session(self.here.engine) as session:
            wanted = select(Leg).where(col(Leg.call_id) == call.id).order_by(col(Leg.position))
            return list(session.exec(wanted))

    def holds(self, call: Call) -> list[Hold]:
        with Session(self.here.engine) as session:
            return list(session.exec(select(Hold).where(col(Hold.call_id) == call.id)))

    def events(self, name: str) -> list[dict[str, Any]]:
        """What was told of all calls under that name, in its order: each event's data."""
        with Session(self.here.engine) as session:
            rows = session.exec(select(Outbox).order_by(col(Outbox.id))).all()
        return [row.payload["data"] for row in rows if row.topic.endswith(f"/{name}")]

    async def ended(self, count: int = 1) -> list[Call]:
        """Waits until so many calls are on record, each with an outcome; there are no others."""

        def look() -> list[Call] | None:
            calls = self.calls()
            return calls if len(calls) == count and all(call.outcome for call in calls) else None

        return await eventually(look, 20.0, message=f"not {count} ended calls: {self.calls()}")

    async def at_rest(self) -> None:
        """Waits until no call, leg, port or open recording is left."""
        names = ("live_calls", "occupied", "rtp_ports_in_use", "recordings_open")

        def look() -> bool:
            found = census(self.here.board)
            return not any(found[name] for name in names)

        await eventually(look, 20.0, message=f"left over: {census(self.here.board)}")


@contextlib.asynccontextmanager
async def staged(folder: Path, settings: Settings | None = None) -> AsyncIterator[Stage]:
    """A switchboard at work; at the end the phones are stopped, and nothing may be left of any call."""
    async with switchboard(settings or settings_of(folder)) as here, contextlib.AsyncExitStack() as ending:
        stage = Stage(here, folder, ending)
        yield stage
        await stage.at_rest()
