"""What the switchboard cannot do without is known at its start; a site's prompts are taken while it runs."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.settings import Settings, SipSettings
from callcenter.switchboard import prompt_watch
from callcenter.switchboard.prompt_watch import PLAYED, follow_prompts, require_prompts
from prompts.languages import Catalogues, load_catalogues
from prompts.schema import CatalogueError
from prompts.site import NAME, add_prompt, checked_prompt
from tests.support import eventually

SOUND = bytes(range(256)) * 25
SOURCES = Path(prompt_watch.__file__).parent


def add(root: Path, prompt_id: str) -> None:
    entry = checked_prompt(prompt_id, "", "x.wav", datetime(2026, 11, 22, tzinfo=UTC))
    add_prompt(root, "zh-CN", entry, SOUND)


def test_all_that_the_sources_play_is_required() -> None:
    ids = load_catalogues().ids
    words = {
        word
        for path in SOURCES.rglob("*.py")
        for word in re.findall(r"\"([a-z0-9]+(?:-[a-z0-9]+)+)\"", path.read_text("utf-8"))
    }
    assert words & ids <= PLAYED


def test_what_ships_suffices() -> None:
    require_prompts(load_catalogues(), Settings())


def test_a_missing_prompt_is_named_at_the_start() -> None:
    settings = Settings(sip=SipSettings(media_lost_prompt="lost"))
    with pytest.raises(CatalogueError, match=r"\[sip\] media_lost_prompt: there is no prompt lost: correct"):
        require_prompts(load_catalogues(), settings)


async def followed(catalogues: Catalogues) -> asyncio.Task[None]:
    task = asyncio.create_task(follow_prompts(catalogues, every=0.01), name="prompts")
    await asyncio.sleep(0)
    return task


async def test_a_sites_prompt_is_taken_while_calls_go_on(tmp_path: Path) -> None:
    catalogues = load_catalogues(tmp_path)
    playing = catalogues.clip("busy")
    task = await followed(catalogues)
    add(tmp_path, "busy")
    await eventually(lambda: catalogues.clip("busy").pcma == SOUND)
    assert playing.pcma != SOUND
    task.cancel()


async def test_a_fault_is_told_once_and_the_old_ones_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    catalogues = load_catalogues(tmp_path)
    (tmp_path / "zh-CN").mkdir()
    (tmp_path / "zh-CN" / NAME).write_text("prompt =", "utf-8")
    task = await followed(catalogues)
    await eventually(lambda: "prompts not taken" in caplog.text)
    assert caplog.text.count("is not valid TOML") == 1
    (tmp_path / "zh-CN" / NAME).unlink()
    add(tmp_path, "busy")
    await eventually(lambda: "prompts taken anew" in caplog.text)
    assert caplog.text.count("is not valid TOML") == 1
    assert catalogues.clip("busy").pcma == SOUND
    task.cancel()
