"""Uploads from a page are converted in a process of its own, and kept where the switchboard looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.prompt_uploads import PromptUploads, Upload
from prompts.languages import load_catalogues
from prompts.upload import LARGEST, UploadError
from tests.unit.prompts.sounds import encoded, wav

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
async def uploads(tmp_path: Path) -> AsyncIterator[PromptUploads]:
    made = PromptUploads(tmp_path / "prompts")
    yield made
    await made.close()


async def test_an_upload_is_heard_without_a_restart(uploads: PromptUploads, tmp_path: Path) -> None:
    catalogues = load_catalogues(tmp_path / "prompts")
    upload = Upload("menu-repairs", "zh-CN", encoded(tmp_path, "mp3"), "menu.mp3", "报修请按一")
    kept = await uploads.keep(upload, NOW)
    assert kept.seconds == pytest.approx(1.3, abs=0.1)
    assert catalogues.changed()
    catalogues.reload()
    assert catalogues.clip("menu-repairs").text == "报修请按一"


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (Upload("menu", "zh-CN", b"x", "menu.mp3"), "menu.mp3: is not a sound file"),
        (Upload("../menu", "zh-CN", wav(), "menu.mp3"), "id '../menu' will not do"),
        (Upload("menu", "chinese", wav(), "menu.mp3"), "language 'chinese' will not do"),
        (Upload("menu", "zh-CN", bytes(LARGEST + 1), "menu.mp3"), "is larger than 20 MB"),
    ],
    ids=["no sound", "id", "language", "size"],
)
async def test_what_is_wrong_is_told(
    uploads: PromptUploads, tmp_path: Path, upload: Upload, why: str
) -> None:
    with pytest.raises(UploadError, match=why):
        await uploads.keep(upload, NOW)
    assert not (tmp_path / "prompts").exists()


async def test_a_worker_that_died_is_told_and_started_anew(uploads: PromptUploads) -> None:
    good = Upload("menu", "zh-CN", wav(), "menu.wav")
    uploads._worker._words = ["prompts.none"]
    with pytest.raises(UploadError, match=r"menu\.wav: could not be converted: the worker ended"):
        await uploads.keep(good, NOW)
    uploads._worker._words = ["prompts.worker"]
    assert (await uploads.keep(good, NOW)).seconds > 1
