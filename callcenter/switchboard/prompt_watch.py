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
        "busy",
        "busy-to-desk",
        "no-answer",
        "no-answer-to-desk",
        "connected",
        "desk-unavailable",
        "long-distance",
        "long-distance-unnamed",
        "queue-enter",
        "queue-next",
        "queue-position",
        "queue-wait",
        "queue-wait-short",
        "menu-nothing-pressed",
        "menu-wrong-key",
        "callback-taken",
        "mailbox-ask",
        "message-ask",
        "message-empty",
        "message-taken",
        "survey-thanks",
        "survey-wrong-key",
        "beep",
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
