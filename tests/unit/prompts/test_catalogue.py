"""Clips and composed prompts of the shipped catalogue; what is missing is said at start."""

from __future__ import annotations

import shutil
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from prompts.catalogue import CATALOGUE, Catalogue, UnknownPrompt, load_catalogue
from prompts.g711 import alaw_to_ulaw
from prompts.schema import CatalogueError


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped catalogue in a folder that may be spoilt."""
    shutil.copytree(CATALOGUE.parent / "audio", tmp_path / "audio")
    return Path(shutil.copy(CATALOGUE, tmp_path))


def test_a_clip_has_both_laws_and_its_text(catalogue: Catalogue) -> None:
    clip = catalogue.clip("busy-to-desk")
    assert clip.id == "busy-to-desk"
    assert clip.text == "您好，电话占线，正在为您转回总机"
    assert clip.pcmu == alaw_to_ulaw(clip.pcma)
    assert clip.seconds == len(clip.pcma) / 8000


def test_every_prompt_can_be_asked_for(catalogue: Catalogue) -> None:
    assert catalogue.language == "zh-CN"
    for prompt in catalogue.prompts.values():
        assert prompt.id in catalogue.ids
        if prompt.variables:
            continue
        assert catalogue.clip(prompt.id).seconds > 1
        assert catalogue.compose(prompt.id) == catalogue.clip(prompt.id)


def test_every_place_can_be_composed(catalogue: Catalogue) -> None:
    assert {"北京", "上海", "广州", "深圳", "天津", "重庆"} <= set(catalogue.values("place"))
    composed = [catalogue.compose("long-distance", place=place) for place in catalogue.values("place")]
    assert len({clip.pcma for clip in composed}) == len(composed)
    assert all(2 < clip.seconds < 5 and len(clip.pcma) % 160 == 0 for clip in composed)


def test_a_composed_prompt_is_its_parts(catalogue: Catalogue) -> None:
    clip = catalogue.compose("long-distance", place="上海")
    assert (clip.id, clip.text) == ("long-distance.shanghai", "您好，这里是上海长途，请稍等")
    assert clip.pcmu == alaw_to_ulaw(clip.pcma)
    assert clip.seconds == pytest.approx(len(clip.pcma) / 8000)


def test_what_is_unknown_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownPrompt, match="no prompt 'bsy'; there are agent-break, agent-ready"):
        catalogue.clip("bsy")
    with pytest.raises(UnknownPrompt, match="compose it with place"):
        catalogue.clip("long-distance")
    with pytest.raises(UnknownPrompt, match="place '火星' is not recorded; there are 北京、上海"):
        catalogue.compose("long-distance", place="火星")
    with pytest.raises(UnknownPrompt, match="no prompt has a variable 'name'"):
        catalogue.values("name")
    with pytest.raises(TypeError, match=r"long-distance takes \['place'\], not \['city'\]"):
        catalogue.compose("long-distance", city="上海")
    with pytest.raises(UnknownPrompt, match="no prompt 'bsy'"):
        catalogue.compose("bsy", count=3)
    with pytest.raises(UnknownPrompt, match=r"no prompt 'number\.35'"):
        catalogue.clip("number.35")
    with pytest.raises(TypeError, match=r"prompt busy takes no \['count'\]"):
        catalogue.compose("busy", count=3)


@pytest.mark.parametrize("count", [2, 10, 35, 99, 100, 135, 9999])
def test_a_place_in_the_queue(catalogue: Catalogue, count: int) -> None:
    clip = catalogue.compose("queue-position", count=count)
    assert clip.id == f"queue-position.{count}"
    assert clip.text == f"您前面还有{count}位客人在等候。"
    assert len(clip.pcma) % 160 == 0
    assert 2.5 < clip.seconds < 6


def test_one_is_said_otherwise(catalogue: Catalogue) -> None:
    assert catalogue.compose("queue-position", count=1) == catalogue.clip("queue-position-one")


def test_a_number_read_back(catalogue: Catalogue) -> None:
    clip = catalogue.compose("callback-number-read", number="13800138000")
    assert clip.id == "callback-number-read.digits"
    assert clip.seconds > catalogue.compose("callback-number-read", number="138").seconds + 2


def test_times_numbers_and_digits_alone(catalogue: Catalogue) -> None:
    assert catalogue.compose("opening-at", time=time(8, 30)).text == "我们从08:30开始服务。"
    assert catalogue.say_time(time(8, 30)).text == "08:30"
    for clip in (catalogue.say_number(2026), catalogue.say_digits("8001"), catalogue.say_time(time(8, 30))):
        assert len(clip.pcma) % 160 == 0
        assert clip.pcmu == alaw_to_ulaw(clip.pcma)


@pytest.mark.parametrize(
    ("prompt_id", "values", "error", "why"),
    [
        ("queue-position", {"count": 10_000}, UnknownPrompt, "10000 cannot be said"),
        ("queue-position", {"count": "3"}, TypeError, "count is a number, not '3'"),
        ("callback-number-read", {"number": "abc"}, UnknownPrompt, "'abc' cannot be said"),
        ("opening-at", {"time": "8:30"}, TypeError, "time is a time, not '8:30'"),
    ],
)
def test_what_cannot_be_said(
    catalogue: Catalogue, prompt_id: str, values: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        catalogue.compose(prompt_id, **values)


def test_tones_are_clips(catalogue: Catalogue) -> None:
    assert {"beep", "tone-waiting", "tone-long-call"} <= catalogue.ids
    assert 0.3 < catalogue.clip("beep").seconds < 0.6


def test_missing_ids_are_named_together(catalogue: Catalogue) -> None:
    catalogue.require(["busy", "queue-position", "beep"])
    with pytest.raises(CatalogueError, match=r"there is no prompt a, number\.35: correct the id, or add"):
        catalogue.require(["number.35", "a", "busy"])


def test_a_missing_file_is_named_at_start(copy: Path) -> None:
    (copy.parent / "audio/zh-CN/busy.wav").unlink()
    with pytest.raises(
        CatalogueError, match=r"audio/zh-CN/busy\.wav: the audio of 「您好，电话占线.*is missing"
    ):
        load_catalogue(copy)


def test_a_missing_part_is_named_at_start(copy: Path) -> None:
    (copy.parent / "audio/zh-CN/long-distance.2.shanghai.wav").unlink()
    with pytest.raises(CatalogueError, match=r"long-distance\.2\.shanghai\.wav: .*is missing"):
        load_catalogue(copy)


def test_a_damaged_file_is_named_at_start(copy: Path) -> None:
    (copy.parent / "audio/zh-CN/busy.wav").write_bytes(b"MP3?")
    with pytest.raises(CatalogueError, match=r"busy\.wav: is not a WAV file"):
        load_catalogue(copy)


def test_a_file_that_is_a_folder_is_named_at_start(copy: Path) -> None:
    path = copy.parent / "audio/zh-CN/busy.wav"
    path.unlink()
    path.mkdir()
    with pytest.raises(CatalogueError, match=r"busy\.wav: cannot be read"):
        load_catalogue(copy)
