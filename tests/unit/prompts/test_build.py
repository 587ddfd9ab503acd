"""The recipe, with a tone in place of the voice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from prompts import build as recipe
from prompts import renderings as sentences
from prompts.build import build, main, on_the_line
from prompts.carriers import carriers
from prompts.catalogue import load_catalogue
from prompts.g711 import alaw_to_linear
from prompts.schema import CatalogueError
from prompts.telephone import Samples

CATALOGUE = """
[[language]]
code = "zh-CN"
voice = "zf_xiaobei"

[[language]]
code = "en"
voice = "af_heart"
speed = 0.9

[[prompt]]
id = "busy"
zh = "占线"
en = "Busy."
purpose = "Busy."
source = "vanke"
clause = "A4"

[[prompt]]
id = "menu"
zh = "普通话请按一，for English, press two."
en = "For English, press two."
purpose = "Menu."
source = "sanxiang"
clause = "A4"

[[prompt]]
id = "far"
zh = "这里是{place}长途，请稍等！"
en = "From {place}."
purpose = "Far."
source = "vanke"
clause = "A5"
heard_by = "called"
parts = ["这里是", "{place}长途，", "请稍等！"]

[[variable]]
name = "place"
[variable.values]
beijing = "北京"
"""


@pytest.fixture(autouse=True)
def few_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence of each language in place of fifty."""
    monkeypatch.setattr(sentences, "carriers", lambda language: carriers(language)[:1])


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE, "utf-8")
    return path


def hum(segments: Sequence[str], voice: str, speed: float) -> list[Samples]:
    sound = 0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 24_000)
    return [np.pad(sound, 12_000) for _ in segments]


def test_what_is_built_can_be_loaded(catalogue: Path) -> None:
    assert build(catalogue, hum) == 2 * 2 + 3 + 2 * 10
    loaded = load_catalogue(catalogue)
    assert loaded.clip("busy").seconds == pytest.approx(1.32, abs=0.03)
    assert loaded.compose("far", place="北京").seconds == pytest.approx(3.55, abs=0.1)
    assert load_catalogue(catalogue, "en").clip("busy").seconds == pytest.approx(1.32, abs=0.03)


def heard_of(catalogue: Path, **chosen: str) -> list[tuple[tuple[str, ...], str, float]]:
    heard: list[tuple[tuple[str, ...], str, float]] = []

    def listen(segments: Sequence[str], voice: str, speed: float) -> list[Samples]:
        heard.append((tuple(segments), voice, speed))
        return hum(segments, voice, speed)

    build(catalogue, listen, **chosen)
    return heard


def test_the_voice_is_given_whole_sentences_with_pauses_to_cut_at(catalogue: Path) -> None:
    assert heard_of(catalogue, only="busy") == [
        (("占线。",), "zf_xiaobei", 1.0),
        (("Busy.",), "af_heart", 0.9),
    ]
    assert heard_of(catalogue, only="far") == [(("这里是，", "北京长途，", "请稍等！"), "zf_xiaobei", 1.0)]


def test_english_within_chinese_is_spoken_by_the_english_voice(catalogue: Path) -> None:
    assert heard_of(catalogue, only="menu", language="zh-CN") == [
        (("普通话请按一，",), "zf_xiaobei", 1.0),
        (("for English, press two.",), "af_heart", 0.9),
    ]


def test_one_prompt_alone(catalogue: Path) -> None:
    assert build(catalogue, hum, only="busy") == 2
    assert sorted(path.parent.name for path in catalogue.parent.rglob("busy.wav")) == ["en", "zh-CN"]
    with pytest.raises(CatalogueError, match=r"catalogue\.toml: no prompt 'bsy'"):
        build(catalogue, hum, only="bsy")


def test_pieces_are_cut_where_it_is_quiet_and_keep_their_level() -> None:
    """Three sounds of 1 s with pauses, the second softer, told to part beside the middle of a pause."""
    sound = 0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 24_000)
    pause = np.zeros(2400)
    row = np.concatenate([pause, sound, pause, 0.5 * sound, pause, sound, pause])
    pieces = np.split(row, [24_000 + 3600 + 200, 48_000 + 6000 - 300])
    first, second, third = (alaw_to_linear(piece) for piece in on_the_line(pieces, [0.03, 0.18]))
    assert [len(first), len(second), len(third)] == pytest.approx([9360, 9440, 9120], abs=400)
    level = [float(np.sqrt(np.mean(piece[1600:8000] ** 2))) for piece in (first, second, third)]
    assert level[1] / level[0] == pytest.approx(0.5, abs=0.05)
    assert level[2] == pytest.approx(level[0], rel=0.05)


def test_the_command(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipe, "_kokoro", lambda voices: hum)
    assert main(["--voices", "v", "--catalogue", str(catalogue)]) == 0
    assert "recordings rendered" in capsys.readouterr().out
    assert main(["--voices", "v", "--catalogue", str(catalogue), "--only", "bsy"]) == 1
    assert "error: " in capsys.readouterr().err


def test_missing_packages_are_named(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(voices: Path) -> recipe.Speak:
        raise ModuleNotFoundError("no", name="onnxruntime")

    monkeypatch.setattr(recipe, "_kokoro", absent)
    assert main(["--voices", "v", "--catalogue", str(catalogue)]) == 1
    assert "onnxruntime is not installed: pip install -r" in capsys.readouterr().err
