"""Clips and composed prompts of the shipped catalogue; what is missing is said at start."""

from __future__ import annotations

import shutil
from pathlib import Path

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
    with pytest.raises(UnknownPrompt, match="no prompt 'bsy'; there are busy-to-desk, busy"):
        catalogue.clip("bsy")
    with pytest.raises(UnknownPrompt, match="compose it with place"):
        catalogue.clip("long-distance")
    with pytest.raises(UnknownPrompt, match="place '火星' is not recorded; there are 北京、上海"):
        catalogue.compose("long-distance", place="火星")
    with pytest.raises(UnknownPrompt, match="no prompt has a variable 'name'"):
        catalogue.values("name")
    with pytest.raises(TypeError, match=r"long-distance takes \['place'\], not \['city'\]"):
        catalogue.compose("long-distance", city="上海")


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
