"""What parties are told: prompts to their end, questions that a key answers, music while they wait."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from prompts.catalogue import UnknownPrompt
from sip.aio.player import Playback
from sip.media import tones

log = logging.getLogger(__name__)


async def announce(live: LiveCall, prompt: str, *, leg: Leg | None = None, **values: Any) -> None:
    """Plays a prompt to the caller, in their language, or to another party; returns at its end."""
    to = leg or live.caller
    with _told(live, to, prompt):
        await _play(live, to, prompt, values).finished()


async def ask(live: LiveCall, prompt: str, pad: Keypad) -> str | None:
    """Plays a prompt that a key of the caller's ends; the key, if there was one."""
    with _told(live, live.caller, prompt):
        return await pad.key_during(_play(live, live.caller, prompt, {}))


def play_music(live: LiveCall, wanted: bool = True) -> None:
    """Music for a caller who waits; where none is wanted, silence."""
    live.caller.stream.play(live.board.hold_music if wanted else tones.silence(), loop=True)


def _play(live: LiveCall, leg: Leg, prompt: str, values: Mapping[str, Any]) -> Playback:
    language = live.book.language if leg is live.caller else None
    try:
        clip = live.board.prompt(prompt, language, **values)
    except UnknownPrompt as error:  # taken away meanwhile: nobody is lost for want of a prompt
        log.error("prompt missing call=%s error=%s", live.id, error)
        clip = tones.silence(0.02)
    return leg.stream.play(clip)


@contextlib.contextmanager
def _told(live: LiveCall, leg: Leg, prompt: str) -> Iterator[None]:
    """Enters what a party is told within the block."""
    began = live.board.now()
    yield
    live.book.announced(leg.id, prompt, began, live.board.now())
    live.tell(None, live.board.now())
