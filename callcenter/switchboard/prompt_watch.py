"""The prompts while the switchboard runs: what it cannot do without; a site's own, as they change."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from callcenter.settings import Settings
from prompts.languages import Catalogues
from prompts.schema import CatalogueError

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the site's prompts."""

PLAYED: Final = frozenset(
    {
        "agent-break",
        "agent-ready",
        "agent-signed-off",
        "agent-wrap-up-over",
        "beep",
        "busy",
        "busy-to-desk",
        "code-refused",
        "connected",
        "desk-unavailable",
        "dnd-off",
        "dnd-on",
        "forward-off",
        "forward-on",
        "long-distance",
        "long-distance-unnamed",
        "mailbox-ask",
        "menu-nothing-pressed",
        "menu-wrong-key",
        "message-empty",
        "message-taken",
        "no-answer",
        "no-answer-to-desk",
        "queue-enter",
        "queue-next",
        "queue-position",
        "queue-wait",
        "queue-wait-short",
        "recording-off",
        "survey-thanks",
        "survey-wrong-key",
    }
)
"""Prompts that the switchboard plays by itself, whatever the flows say."""


def require_prompts(catalogues: Catalogues, settings: Settings) -> None:
    """Raises CatalogueError naming every prompt that the switchboard plays and that is not there."""
    catalogues.require(PLAYED, "the switchboard")
    if wanted := settings.sip.media_lost_prompt:
        catalogues.require([wanted], "[sip] media_lost_prompt")


async def follow_prompts(catalogues: Catalogues, every: float = LOOK_EVERY) -> None:
    """Takes the site's prompts anew whenever they change, until cancelled. What is being played plays on."""
    while True:
        await asyncio.sleep(every)
        if not await asyncio.to_thread(catalogues.changed):
            continue
        try:
            await asyncio.to_thread(catalogues.reload)
        except CatalogueError as error:
            log.error("prompts not taken, the old ones stay: %s", error)
        else:
            log.info("prompts taken anew languages=%s", ",".join(catalogues.languages))
