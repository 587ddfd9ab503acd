"""All languages together: falling back, and taking a site's prompts while calls go on."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from prompts.languages import Catalogues, load_catalogues
from prompts.schema import CatalogueError
from prompts.site import NAME, add_prompt, checked_prompt, remove_prompt

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SOUND = bytes(range(256)) * 25


@pytest.fixture(scope="module")
def shipped() -> Catalogues:
    return load_catalogues()


def add(root: Path, prompt_id: str, language: str = "zh-CN", sound: bytes = SOUND, text: str = "") -> None:
    add_prompt(root, language, checked_prompt(prompt_id, text, "x.wav", NOW), sound)


def test_what_ships(shipped: Catalogues) -> None:
    assert shipped.languages == ("zh-CN", "en")
    assert shipped.clip("queue-enter").text == "您好，坐席正忙，请稍候。"
    assert shipped.clip("queue-enter", "en").text == "Hello. All our agents are busy. Please hold the line."
    assert shipped.clip("queue-enter").pcma != shipped.clip("queue-enter", "en").pcma


def test_what_a_language_lacks_is_said_in_the_first(shipped: Catalogues) -> None:
    assert shipped.clip("agent-ready", "en") == shipped.clip("agent-ready")
    assert shipped.clip("queue-enter", "yue") == shipped.clip("queue-enter")
    assert (
        shipped.compose("long-distance", language="en", place="上海").text == "您好，这里是上海长途，请稍等"
    )
    assert shipped.say_number(35, "yue") == shipped.say_number(35)


def test_numbers_in_both(shipped: Catalogues) -> None:
    chinese = shipped.compose("queue-position", count=3)
    english = shipped.compose("queue-position", language="en", count=3)
    assert chinese.text == "您前面还有3位客人在等候。"
    assert english.text == "There are 3 callers ahead of you."
    assert shipped.say_digits("8001", "en").pcma != shipped.say_digits("8001").pcma
    assert shipped.say_time(time(9, 5), "en").pcma != shipped.say_time(time(9, 5)).pcma


def test_what_can_be_played_as_it_is(shipped: Catalogues) -> None:
    assert {"busy", "beep"} <= shipped.whole < shipped.ids
    assert "queue-position" in shipped.ids - shipped.whole


def test_missing_prompts_are_named(shipped: Catalogues) -> None:
    shipped.require(["busy", "beep", "queue-position"])
    with pytest.raises(
        CatalogueError, match=r"front: there is no prompt bsy, menu-x: .*`callcenter prompts add"
    ):
        shipped.require(["busy", "menu-x", "bsy"], "desk front")


def test_a_sites_own_prompt_stands_in_and_adds(tmp_path: Path) -> None:
    add(tmp_path, "busy", text="忙")
    add(tmp_path, "menu-repairs")
    own = load_catalogues(tmp_path)
    assert own.clip("busy").pcma == SOUND
    assert own.clip("busy").text == "忙"
    assert own.clip("menu-repairs", "en").pcma == SOUND
    assert own.clip("no-answer") == load_catalogues().clip("no-answer")
    own.require(["menu-repairs"])


def test_a_language_of_the_sites_own(tmp_path: Path) -> None:
    add(tmp_path, "queue-enter", "yue")
    own = load_catalogues(tmp_path)
    assert own.languages == ("zh-CN", "en", "yue")
    assert own.clip("queue-enter", "yue").pcma == SOUND
    assert own.clip("queue-next", "yue") == own.clip("queue-next")
    assert own.compose("queue-position", language="yue", count=3) == own.compose("queue-position", count=3)


def test_a_composed_prompt_in_one_piece(tmp_path: Path) -> None:
    add(tmp_path, "queue-position")
    assert load_catalogues(tmp_path).compose("queue-position", count=7).pcma == SOUND


def test_a_change_is_seen_and_taken(tmp_path: Path) -> None:
    catalogues = load_catalogues(tmp_path)
    before = catalogues.clip("busy")
    assert not catalogues.changed()
    add(tmp_path, "busy")
    assert catalogues.changed()
    assert catalogues.clip("busy") is before
    catalogues.reload()
    assert not catalogues.changed()
    assert catalogues.clip("busy").pcma == SOUND
    remove_prompt(tmp_path, "zh-CN", "busy")
    catalogues.reload()
    assert catalogues.clip("busy") == before


def test_a_fault_leaves_the_old_ones(tmp_path: Path) -> None:
    add(tmp_path, "busy")
    catalogues = load_catalogues(tmp_path)
    (tmp_path / "zh-CN" / "busy.wav").write_bytes(b"MP3?")
    os.utime(tmp_path / "zh-CN" / NAME, ns=(1, 1))
    assert catalogues.changed()
    with pytest.raises(CatalogueError, match=r"busy\.wav: is not a WAV file"):
        catalogues.reload()
    assert catalogues.clip("busy").pcma == SOUND
    assert not catalogues.changed()


def test_a_file_that_the_sites_catalogue_names_is_missing(tmp_path: Path) -> None:
    add(tmp_path, "busy")
    (tmp_path / "zh-CN" / "busy.wav").unlink()
    with pytest.raises(CatalogueError, match=r"busy\.wav: .*missing"):
        load_catalogues(tmp_path)
