"""Plays one call of the script with two phones, and waits until the service has judged it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from callcenter.demo.phones.phone import (
    Line,
    Phone,
    PhoneError,
    Ports,
    agent_script,
    caller_script,
    line_arguments,
)
from callcenter.demo.report import Result
from callcenter.demo.script import DemoCall
from callcenter.demo.service import BUSY_NUMBER, PASSWORD, Service, ServiceError
from callcenter.demo.sound import contains, cut_wav, decode_alaw, read_recording
from prompts.catalogue import load_catalogue

REGISTERED = 20.0
"""Seconds within which a phone has to be registered."""
SLACK = 20.0
"""Seconds that each step of a call may take beyond what the script says."""
JUDGED = 180.0
"""Seconds after the last word within which every call has to be judged."""
AFTER_SPEECH = 0.7
"""Seconds from the end of the dialogue to the hanging up."""
SECOND_RING = 2.0
"""Seconds the agent's phone rings when the caller comes back from a transfer."""
BUSY_PROMPT = "busy-to-desk"

Say = Callable[[DemoCall, str], None]


class Stage:
    """The service, a folder for the phones' files, and somebody to tell what happens."""

    def __init__(self, service: Service, folder: Path, say: Say) -> None:
        self.service, self.folder, self.say = service, folder, say
        self.ports = Ports()
        self.since = datetime.now(UTC)

    async def perform(self, script: DemoCall) -> Result:
        """Plays a call to its end. What a phone could not do stands in the result."""
        result = Result(script)
        try:
            async with self.agent(script) as agent, self.caller(script) as caller:
                await (self.give_up(caller, script) if script.caller is None else self.talk(caller, result))
                del agent  # it acts on its own; it only has to live as long as the call
        except (PhoneError, ServiceError) as error:
            result.problems.append(str(error))
        self.say(script, "通话结束，等待评定 over, to be judged")
        return result

    async def talk(self, caller: Phone, result: Result) -> None:
        """One conversation, from the caller's side."""
        script = result.script
        self.say(script, f"响铃 {script.rings} 声 ringing")
        await caller.send(f"call {script.desk_number}")
        await caller.wait("answered", script.ring_seconds + SLACK)
        self.say(script, "通话 talking")
        await caller.wait("played", SLACK * 6)
        if script.transferred:
            await self.transfer(script)
        if script.hangup != "agent":
            await asyncio.sleep(AFTER_SPEECH)
            await caller.send("hangup")
        await caller.wait("ended", SLACK)
        if script.transferred:
            result.prompt_heard = await asyncio.to_thread(self.heard_busy_prompt, script)

    async def give_up(self, caller: Phone, script: DemoCall) -> None:
        self.say(script, "响铃 ringing")
        await caller.send(f"call {script.desk_number}")
        await caller.wait("ended", script.ring_seconds + SLACK)

    async def transfer(self, script: DemoCall) -> None:
        """Sends the caller to the busy extension and stays until the desk has answered again."""
        call = await self.service.find_call(script.caller_number, self.since)
        if call is None:
            raise ServiceError(f"the service shows no call of {script.caller_number}")
        self.say(script, f"转接 {BUSY_NUMBER}（占线）transferred to a busy extension")
        await self.service.transfer(call["id"], BUSY_NUMBER)
        deadline = time.monotonic() + SECOND_RING + SLACK
        while time.monotonic() < deadline:
            legs = (await self.service.call(call["id"]))["legs"]
            if sum(leg["role"] == "agent" and leg["answered_at"] is not None for leg in legs) > 1:
                self.say(script, "回到总机 back at the desk")
                await asyncio.sleep(script.first_words[1] - script.first_words[0])
                return
            await asyncio.sleep(0.2)
        raise ServiceError("the caller did not come back to the desk after the transfer")

    def heard_busy_prompt(self, script: DemoCall) -> bool:
        prompt = decode_alaw(load_catalogue().clip(BUSY_PROMPT).pcma)
        return contains(read_recording(self.recording(script)), np.asarray(prompt))

    def recording(self, script: DemoCall) -> Path:
        return self.folder / f"{script.name}.caller.heard.wav"

    @asynccontextmanager
    async def agent(self, script: DemoCall) -> AsyncIterator[Phone]:
        """The agent's phone: rings as the script says, speaks its part, answers again after a transfer."""
        more: list[object] = ["--ring", script.ring_seconds if script.agent else "never"]
        if script.agent is not None:
            more += ["--ring", SECOND_RING, "--play", script.agent]
            again = self.folder / f"{script.name}.again.wav"
            more += ["--play", cut_wav(script.agent, again, *script.first_words)]
        if script.hangup == "agent":
            more += ["--hangup-after", AFTER_SPEECH]
        heard = self.folder / f"{script.name}.agent.heard.wav"
        name = agent_script()
        if name == "sipp_agent.py":
            more += ["--codec", "0 PCMU"]  # all that pyVoIP speaks
        async with self.phone(
            f"{script.name}.agent", name, script.agent_number, "--record", heard, *more
        ) as it:
            yield it

    @asynccontextmanager
    async def caller(self, script: DemoCall) -> AsyncIterator[Phone]:
        """pyVoIP for a caller who talks; pyVoIP cannot give up while it rings, the agents' phone can."""
        more: list[object] = ["--record", self.recording(script)]
        if script.caller is None:
            name = agent_script()
            more += ["--cancel-after", script.ring_seconds]
        else:
            name = caller_script()
            more += ["--play", script.caller]
        async with self.phone(f"{script.name}.caller", name, script.caller_number, *more) as it:
            yield it

    @asynccontextmanager
    async def busy_extension(self) -> AsyncIterator[Phone]:
        """The extension that is always busy."""
        more = ("--record", self.folder / "busy.wav", "--busy")
        async with self.phone("busy", agent_script(), BUSY_NUMBER, *more) as it:
            yield it

    @asynccontextmanager
    async def phone(self, name: str, program: str, user: str, *more: object) -> AsyncIterator[Phone]:
        """A registered phone, stopped at the end of the block whatever happens."""
        line = Line(user, PASSWORD, self.service.ports.server)
        arguments = [*line_arguments(line, self.ports.block()), *more]
        phone = await Phone.start(name, program, arguments, self.folder)
        try:
            await phone.wait("registered", REGISTERED)
            yield phone
        finally:
            await phone.stop()

    async def judgement(self, result: Result, deadline: float) -> None:
        """Waits until the service has judged the call, at the latest to `deadline` (monotonic seconds)."""
        try:
            while not result.judged and time.monotonic() < deadline:
                result.call = await self.service.find_call(result.script.caller_number, self.since)
                if result.call is None and result.problems:
                    break  # it never came about, so there is nothing to wait for
                await asyncio.sleep(0.5)
        except ServiceError as error:
            result.problems.append(str(error))
        self.say(result.script, "已评定 judged" if result.judged else "未评定 not judged")
