"""A site's own prompts on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from prompts.schema import CatalogueError
from prompts.site import (
    NAME,
    add_prompt,
    checked_prompt,
    own_clips,
    remove_prompt,
    site_folder,
    site_languages,
    site_prompts,
)
from prompts.wav import read_alaw

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SOUND = b"\xd5" * 1600


def add(root: Path, prompt_id: str, text: str = "", language: str = "zh-CN") -> Path:
    return add_prompt(root, language, checked_prompt(prompt_id, text, "menu.mp3", NOW), SOUND)


def test_what_is_added_is_found(tmp_path: Path) -> None:
    path = add(tmp_path, "menu-repairs", '报修请按"一"\n')
    assert path == tmp_path / "zh-CN" / "menu-repairs.wav"
    assert read_alaw(path) == SOUND
    (prompt,) = site_prompts(tmp_path / "zh-CN")
    assert (prompt.id, prompt.text, prompt.origin, prompt.added) == (
        "menu-repairs",
        '报修请按"一"\n',
        "menu.mp3",
        NOW,
    )
    assert own_clips(tmp_path / "zh-CN") == {"menu-repairs": (path, '报修请按"一"\n')}
    assert site_languages(tmp_path) == ["zh-CN"]


def test_the_same_id_again_replaces_it(tmp_path: Path) -> None:
    add(tmp_path, "menu", "一")
    add(tmp_path, "menu", "二")
    add(tmp_path, "closed", "三")
    assert [(one.id, one.text) for one in site_prompts(tmp_path / "zh-CN")] == [
        ("closed", "三"),
        ("menu", "二"),
    ]


def test_removal(tmp_path: Path) -> None:
    add(tmp_path, "menu")
    remove_prompt(tmp_path, "zh-CN", "menu")
    assert site_prompts(tmp_path / "zh-CN") == ()
    assert own_clips(tmp_path / "zh-CN") == {}
    with pytest.raises(CatalogueError, match="the site has no prompt menu in zh-CN"):
        remove_prompt(tmp_path, "zh-CN", "menu")


def test_a_part_without_an_entry_is_taken(tmp_path: Path) -> None:
    path = add(tmp_path, "menu").with_name("queue-position.1.wav")
    path.write_bytes((tmp_path / "zh-CN" / "menu.wav").read_bytes())
    assert set(own_clips(tmp_path / "zh-CN")) == {"menu", "queue-position.1"}


def test_no_site_folder(tmp_path: Path) -> None:
    assert site_languages(tmp_path / "none") == []
    assert own_clips(tmp_path / "none") == {}


@pytest.mark.parametrize("prompt_id", ["Menu", "../menu", "", "menu.1", "menu--x", "a/b"])
def test_an_id_that_cannot_be_a_file(tmp_path: Path, prompt_id: str) -> None:
    with pytest.raises(CatalogueError, match="will not do: small letters, digits and single hyphens"):
        add(tmp_path, prompt_id)
    with pytest.raises(CatalogueError, match="will not do"):
        remove_prompt(tmp_path, "zh-CN", prompt_id)


@pytest.mark.parametrize("language", ["..", "chinese", "", "zh_CN"])
def test_a_language_that_cannot_be_a_folder(tmp_path: Path, language: str) -> None:
    with pytest.raises(CatalogueError, match=r"language .* will not do: as zh-CN, en"):
        site_folder(tmp_path, language)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("prompt =", "is not valid TOML"),
        ('[[prompt]]\nid = "menu"\n', r"prompt\.0\.added: Field required"),
        ('[[prompt]]\nid = "M"\nadded = 2026-11-22T05:00:00Z\n', r"prompt\.0\.id: String should match"),
    ],
)
def test_a_damaged_catalogue_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / NAME).write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=rf"catalogue\.toml: {why}"):
        site_prompts(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "zh-CN").write_text("a file")
    with pytest.raises(CatalogueError, match="zh-CN: cannot be written"):
        add(tmp_path, "menu")
