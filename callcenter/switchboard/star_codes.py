"""Codes that an extension dials from its own telephone: its agent's state, do-not-disturb, forwarding.

The codes are settings (`[star_codes]`). Whoever dials one has shown the extension's password, as for every
call. A prompt says what has become of it; nothing is put on record but the change.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from callcenter.domain.agents import BREAKS, State
from callcenter.settings import StarCodes as Codes
from callcenter.store.entries import ForwardWhen
from callcenter.switchboard.agents import Refused
from callcenter.switchboard.board import Board
from callcenter.switchboard.features import Feature
from callcenter.switchboard.forwarding import NotForwarded, set_feature
from callcenter.switchboard.leg import Media
from prompts.catalogue import UnknownPrompt
from sip.aio.call import Call
from sip.errors import PeerError, StateError

log = logging.getLogger(__name__)

PICK_UP: Final = "pick_up"
REFUSED: Final = "code-refused"
_ARGUMENTS: Final = {
    "away": re.compile(r"[0-9]?"),
    "forward": re.compile(r"\+?[0-9]+"),
    "forward_busy": re.compile(r"\+?[0-9]+"),
    "forward_no_answer": re.compile(r"\+?[0-9]+"),
    PICK_UP: re.compile(r"[0-9]*"),
}
_NOTHING: Final = re.compile("")
_FORWARDS: Final[dict[str, ForwardWhen]] = {
    "forward": "always",
    "forward_busy": "busy",
    "forward_no_answer": "no_answer",
}


@dataclass(frozen=True, slots=True)
class Code:
    """What was dialled: the name of a code in the settings, and the digits behind it."""

    name: str
    argument: str = ""


def find(codes: Codes, dialled: str) -> Code | None:
    """The code in what was dialled; a # at its end, as many dial it, is left out."""
    dialled = dialled.removesuffix("#").removesuffix("%23")
    for name, code in codes.model_dump().items():
        if code and dialled.startswith(code):
            argument = dialled.removeprefix(code)
            if _ARGUMENTS.get(name, _NOTHING).fullmatch(argument):
                return Code(name, argument)
    return None


class StarCodes:
    """Does what is dialled, and says so."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._work: dict[str, Callable[[str], str]] = {
            "sign_on": self._ready,
            "ready": self._ready,
            "sign_off": self._sign_off,
            "dnd_on": lambda number: self._dnd(number, True),
            "dnd_off": lambda number: self._dnd(number, False),
            "forward_off": self._forward_off,
        }

    def find(self, dialled: str) -> Code | None:
        return find(self._board.settings.star_codes, dialled)

    def do(self, number: str, code: Code) -> str:
        """Does it for an extension; returns the prompt that says so, or that it cannot be."""
        try:
            if code.name == "away":
                return self._away(number, code.argument)
            if code.name in _FORWARDS:
                return self._forward(number, code.argument, _FORWARDS[code.name])
            return self._work[code.name](number)
        except (Refused, NotForwarded) as refused:
            log.info("star code refused number=%s code=%s reason=%s", number, code.name, refused)
            return REFUSED

    async def take(self, call: Call, media: Media, number: str, code: Code) -> None:
        """Answers the call, does what it is for, says so and hangs up. Raises PeerError for its offer."""
        if call.remote is None:
            raise PeerError("INVITE without an offer", status=488)
        body, agreement = media.answer(call.remote)
        try:
            call.answer(body)
        except StateError:
            return  # its sender has gone in this very moment
        media.apply(agreement)
        with self._at_the_telephone(number):
            await self.say(call, media, self.do(number, code))

    async def say(self, call: Call, media: Media, prompt: str) -> None:
        """Plays a prompt to its end, or until they hang up; then the call is over."""
        try:
            playing = media.stream.play(self._board.prompt(prompt))
        except UnknownPrompt as error:  # taken away meanwhile: what was dialled is done all the same
            log.error("prompt missing code=%s error=%s", prompt, error)
            call.hangup()
            return
        said = asyncio.create_task(playing.finished(), name=f"star code says {prompt}")
        gone = asyncio.create_task(call.over(), name="star code's call")
        try:
            await asyncio.wait((said, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (said, gone):
                task.cancel()
            await asyncio.gather(said, gone, return_exceptions=True)
            call.hangup()

    @contextmanager
    def _at_the_telephone(self, number: str) -> Iterator[None]:
        """Who listens to a prompt is not rung for a call meanwhile, though they are ready."""
        board = self._board
        board.occupied[number] += 1
        try:
            yield
        finally:
            board.occupied[number] -= 1
            if not board.occupied[number]:
                del board.occupied[number]
            board.agents.leg_ended(number)

    # -- what the codes do --------------------------------------------------------------------------------

    def _ready(self, number: str) -> str:
        agents = self._board.agents
        wrapping = agents.state(number) is State.WRAP_UP
        agents.set(number, State.READY, by=number)
        return "agent-wrap-up-over" if wrapping else "agent-ready"

    def _sign_off(self, number: str) -> str:
        self._board.agents.set(number, State.SIGNED_OFF, by=number)
        return "agent-signed-off"

    def _away(self, number: str, digit: str) -> str:
        index = int(digit or 0)
        if index > len(BREAKS):
            raise Refused(f"there is no reason {digit} for a break: dial 1 to {len(BREAKS)}, or none")
        reason = BREAKS[index - 1] if index else None
        self._board.agents.set(number, State.BREAK, reason, by=number)
        return "agent-break"

    def _dnd(self, number: str, wanted: bool) -> str:
        set_feature(self._board, number, replace(self._board.features.of(number), dnd=wanted))
        return "dnd-on" if wanted else "dnd-off"

    def _forward(self, number: str, to: str, when: ForwardWhen) -> str:
        set_feature(self._board, number, Feature(self._board.features.of(number).dnd, to, when))
        return "forward-on"

    def _forward_off(self, number: str) -> str:
        set_feature(self._board, number, Feature(self._board.features.of(number).dnd))
        return "forward-off"
