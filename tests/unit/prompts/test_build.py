"""The recipe, with a tone in place of the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prompts import build as recipe
from prompts.build import build, main
from prompts.catalogue import load_catalogue
from prompts.schema import CatalogueError
from prompts.telephone import Samples

CATALOGUE = """
language = "zh-CN"
voice = "zf_xiaobei"

[[prompt]]
id = "busy"
zh = "占线"
en = "Busy."
purpose = "Busy."
source = "vanke"
clause = "A4"

[[prompt]]
id = "far"
zh = "这里是{place}长途，请稍等！"
en = "From {place}."
purpose = "Far."
source = "vanke"
clause = "A5"
parts = ["这里是", "{place}长途，", "请稍等！"]

[[variable]]
name = "place"
[variable.values]
beijing = "北京"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE, "utf-8")
    return path


def hum(text: str, voice: str, speed: float) -> Samples:
    sound = 0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 24_000)
    return np.pad(sound, 12_000)


def test_what_is_built_can_be_loaded(catalogue: Path) -> None:
    assert build(catalogue, hum) == 4
    loaded = load_catalogue(catalogue)
    assert loaded.clip("busy").seconds == pytest.approx(1.32, abs=0.03)
    assert loaded.compose("far", place="北京").seconds == pytest.approx(3.6, abs=0.05)


def test_the_voice_is_given_whole_sentences(catalogue: Path) -> None:
    heard: list[str] = []

    def listen(text: str, voice: str, speed: float) -> Samples:
        heard.append(text)
        return hum(text, voice, speed)

    build(catalogue, listen)
    assert heard == ["占线。", "这里是", "北京长途，", "请稍等！"]


def test_one_prompt_alone(catalogue: Path) -> None:
    assert build(catalogue, hum, only="busy") == 1
    assert [path.name for path in catalogue.parent.rglob("*.wav")] == ["busy.wav"]
    with pytest.raises(CatalogueError, match=r"catalogue\.toml: no prompt 'bsy'"):
        build(catalogue, hum, only="bsy")


def test_the_command(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recipe, "_kokoro", lambda voices: hum)
    assert main(["--voices", "v", "--catalogue", str(catalogue)]) == 0
    assert "4 recordings rendered" in capsys.readouterr().out
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
