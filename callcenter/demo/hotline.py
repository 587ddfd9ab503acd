"""The demo's second act: one agent, three callers. One is on hold for over 30 s, one waits in the queue, one
asks to be called back and is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.box import HORIZONTALS
from rich.markup import escape
from rich.table import Table

from callcenter.demo.phones.phone import Phone, PhoneError, agent_script, caller_script
from callcenter.demo.script import DIALOGUES
from callcenter.demo.service import HOTLINE, HOTLINE_AGENT, HOTLINE_CALLERS, ServiceError
from callcenter.demo.stage import SLACK, Stage

HOLD_SECONDS: Final = 31.0
"""Over the 30 s after which the supervisor is told."""
TALK_SECONDS: Final = 2.0
TITLES: Final = {
    "hold": "保持超过 30 秒 · on hold for over 30 s",
    "queue": "排队 · waits in the queue",
    "callback": "请求回电 · asks to be called back",
}


@dataclass(frozen=True)
class Shown:
    """What one scene has shown; `wrong` says what is not as it should be."""

    scene: str
    told: str
    wrong: str = ""


class Hotline:
    """Plays the act on a stage; `say` is told how far it is, by scene."""

    def __init__(self, stage: Stage, say: Callable[[str, str], None]) -> None:
        self._stage, self._service, self._say = stage, stage.service, say
        self._warned: list[dict[str, Any]] = []

    async def perform(self) -> list[Shown]:
        """All three, one after another. What a phone could not do stands in the result."""
        listening = asyncio.create_task(self._listen(), name="demo-warnings")
        try:
            async with (
                self._agent(),
                self._caller(0) as held,
                self._caller(1) as queued,
                self._asker() as asker,
            ):
                return [
                    *await self._scene("hold", self._hold_and_queue(held, queued, asker)),
                    *await self._scene("callback", self._call_back(asker)),
                ]
        except PhoneError as error:
            return [Shown("hold", "", str(error))]
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _scene(self, name: str, play: Coroutine[Any, Any, list[Shown]]) -> list[Shown]:
        try:
            return await play
        except (PhoneError, ServiceError) as error:
            return [Shown(name, "", str(error))]
        finally:
            self._say(name, "已结束 over")

    # -- the scenes ---------------------------------------------------------------------------------------

    async def _hold_and_queue(self, held: Phone, queued: Phone, asker: Phone) -> list[Shown]:
        """The first caller is on hold; meanwhile the second waits, and the third asks for a callback."""
        call = await self._answered(held, HOTLINE_CALLERS[0])
        await self._service.do(call, "hold", HOTLINE_AGENT)
        since = time.monotonic()
        self._say("hold", "保持中，听音乐 on hold, with music")
        await queued.send(f"call {HOTLINE}")
        await queued.wait("answered", SLACK)
        self._say("queue", "排队中 waiting")
        await asker.send(f"call {HOTLINE}")
        self._say("callback", "排队，按 1 请求回电 waits, then presses 1")
        await asker.wait("ended", SLACK * 2)
        await asyncio.sleep(max(0.0, since + HOLD_SECONDS - time.monotonic()))
        await self._service.do(call, "resume", HOTLINE_AGENT)
        await asyncio.sleep(TALK_SECONDS)
        await held.send("hangup")
        self._say("hold", "通话结束 over")
        waited = await self._taken(HOTLINE_CALLERS[1])
        self._say("queue", "接通 connected")
        await asyncio.sleep(TALK_SECONDS)
        await queued.send("hangup")
        await queued.wait("ended", SLACK)
        return [await self._held(call), self._waited(waited)]

    async def _call_back(self, asker: Phone) -> list[Shown]:
        """The agent's phone rings first, then the caller's."""
        number = HOTLINE_CALLERS[2]
        callback = await self._until(lambda: self._service.callback(number), "the callback is not on record")
        call = (await self._service.call_back(callback["id"], HOTLINE_AGENT))["call_id"]
        self._say("callback", "回电中 calling back")
        talked = await self._taken(HOTLINE_AGENT)
        await asyncio.sleep(TALK_SECONDS)
        await self._service.hang_up(call)
        parties = " → ".join(leg["party"] for leg in talked["legs"])
        done = await self._until(lambda: self._service.callback(number, "done"), "the callback is still open")
        return [Shown("callback", f"{parties}，{done['state']}")]

    # -- what came of them --------------------------------------------------------------------------------

    async def _held(self, call: str) -> Shown:
        facts = await self._until(lambda: self._over(call), "the call that was on hold is not over")
        told = {each["for"]: each["seconds"] for each in self._warned if each["kind"] == "hold"}
        text = f"保持 {facts['hold_seconds']:.1f} s；" + "，".join(
            f"{whom} {seconds:g} s" for whom, seconds in sorted(told.items())
        )
        missing = [whom for whom in ("agent", "supervisor") if whom not in told]
        wrong = f"not warned: {', '.join(missing)}" if missing else ""
        if facts["hold_seconds"] < HOLD_SECONDS - 1:
            wrong = f"the hold is on record with {facts['hold_seconds']:.1f} s"
        return Shown("hold", text, wrong)

    def _waited(self, call: dict[str, Any]) -> Shown:
        seconds = float(call["queue_seconds"])
        wrong = "" if seconds > 1 else "no time in the queue is on record"
        return Shown("queue", f"排队 {seconds:.1f} s，振铃 {call['rings']} 声", wrong)

    async def _answered(self, phone: Phone, number: str) -> str:
        await phone.send(f"call {HOTLINE}")
        await phone.wait("answered", SLACK)
        return str((await self._taken(number))["id"])

    async def _taken(self, number: str) -> dict[str, Any]:
        """A caller's call, once the agent has it."""

        async def look() -> dict[str, Any] | None:
            call = await self._service.find_call(number, self._stage.since)
            return call if call is not None and call["answered_at"] is not None else None

        return await self._until(look, f"nobody has answered {number}")

    async def _over(self, call: str) -> dict[str, Any] | None:
        found = await self._service.call(call)
        return found if found["outcome"] is not None else None

    async def _until(
        self, look: Callable[[], Coroutine[Any, Any, dict[str, Any] | None]], wrong: str
    ) -> dict[str, Any]:
        deadline = time.monotonic() + 2 * SLACK
        while time.monotonic() < deadline:
            if (found := await look()) is not None:
                return found
            await asyncio.sleep(0.2)
        raise ServiceError(wrong)

    async def _listen(self) -> None:
        async for event in self._service.events():
            if str(event.get("type", "")).startswith("callcenter.call.warned"):
                self._warned.append(event["data"])

    # -- the phones ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _agent(self) -> AsyncIterator[Phone]:
        more = ("--ring", 1, "--play", DIALOGUES / "repair-good.agent.wav", "--record", self._heard("agent"))
        async with self._stage.phone("hotline.agent", agent_script(), HOTLINE_AGENT, *more) as it:
            yield it

    @asynccontextmanager
    async def _caller(self, index: int) -> AsyncIterator[Phone]:
        name = f"caller-{index + 1}"
        more = ("--play", DIALOGUES / "repair-good.caller.wav", "--record", self._heard(name))
        async with self._stage.phone(f"hotline.{name}", caller_script(), HOTLINE_CALLERS[index], *more) as it:
            yield it

    @asynccontextmanager
    async def _asker(self) -> AsyncIterator[Phone]:
        more = ("--ring", 1, "--press", "1", "--record", self._heard("asker"))
        async with self._stage.phone("hotline.asker", agent_script(), HOTLINE_CALLERS[2], *more) as it:
            yield it

    def _heard(self, name: str) -> Path:
        return self._stage.folder / f"hotline.{name}.heard.wav"


def hotline_table(shown: list[Shown]) -> Table:
    """One row a scene."""
    table = Table(
        title="三响 · 热线 Hotline", header_style="bold", box=HORIZONTALS, show_edge=False, padding=0
    )
    for heading in ("情形 scene", "记录 on record", "符合 match"):
        table.add_column(heading)
    for each in shown:
        match = f"[red]否 no: {escape(each.wrong)}[/]" if each.wrong else "[green]是 yes[/]"
        table.add_row(escape(TITLES[each.scene]), escape(each.told), match)
    return table
