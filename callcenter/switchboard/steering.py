"""Commands about a call that goes on: hold it, take it back, end it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.switchboard.board import Board
from callcenter.switchboard.commands import Asker, Command, text
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.story import Story
from sip.aio.talk import TIMED_OUT, ask_to_talk
from sip.errors import StateError

ANSWER_SECONDS: Final = 3.0
"""How long a telephone may take to say whether it answers by itself."""


class Steering:
    """`stories` are the calls that go on, by id."""

    def __init__(self, board: Board, stories: Mapping[str, Story]) -> None:
        self._board, self.stories = board, stories

    @property
    def commands(self) -> dict[str, Command]:
        return {
            "hangup": Command(self.hangup),
            "hold": Command(self.hold),
            "resume": Command(self.resume),
            "answer": Command(self.answer),
        }

    async def hangup(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: ends the call."""
        story = self.story(asker, args)
        story.stop()
        return {"call_id": story.live.id}

    async def hold(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: the other party hears music and nothing of the room, until `resume`."""
        return self._hold(asker, args, True)

    async def resume(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: both hear each other again. A telephone's own hold ends at the telephone."""
        return self._hold(asker, args, False)

    async def answer(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"call_id"}`: the asker's own phone, which rings, answers, where it lets itself be told."""
        story = self.story(asker, args)
        rung = [leg for leg in story.live.legs if leg.party == asker.number and leg.call.answered_at is None]
        if not rung or rung[0] is story.live.caller:
            raise CommandError(ErrorCode.CONFLICT, "your telephone does not ring for this call")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status = await ask_to_talk(rung[0].call)
        except (StateError, TimeoutError):
            status = TIMED_OUT
        if status >= 300:
            raise CommandError(
                ErrorCode.CONFLICT,
                f"the telephone of {asker.number} cannot be answered from here ({status}): lift its handset",
            )
        return {"call_id": story.live.id}

    def _hold(self, asker: Asker, args: dict[str, Any], wanted: bool) -> Mapping[str, Any]:
        story = self.story(asker, args)
        leg = self._inside(asker, story)
        live = story.live
        if leg.held_here == wanted:
            state = "on hold already" if wanted else "not on hold from here"
            raise CommandError(ErrorCode.CONFLICT, f"the call is {state}")
        live.hold_here(leg, wanted, self._board.now())
        return {"call_id": live.id, "on_hold": leg.on_hold}

    def _inside(self, asker: Asker, story: Story) -> Leg:
        """The leg of who asks, or else of the agent. Raises CommandError where nobody talks."""
        talking = [leg for leg in story.live.legs if leg.stream.peer is not None and not leg.leaving]
        if not story.talking or not talking:
            raise CommandError(ErrorCode.CONFLICT, "nobody is talking in this call now; wait for the answer")
        mine = [leg for leg in talking if leg.party == asker.number]
        return next(iter(mine or [leg for leg in talking if not leg.outside] or talking))

    def story(self, asker: Asker, args: Mapping[str, Any]) -> Story:
        """The call that who asks may steer. Raises CommandError."""
        story = self.stories.get(text(args, "call_id", "the id of a call that goes on"))
        if story is None:
            raise CommandError(ErrorCode.NOT_FOUND, "no such call is going on")
        parties = {leg.party for leg in story.live.legs}
        if not asker.controls and asker.number not in parties:
            raise CommandError(
                ErrorCode.FORBIDDEN, f"{asker.by} is not in this call; a supervisor may steer it"
            )
        return story
