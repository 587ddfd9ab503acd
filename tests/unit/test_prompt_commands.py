"""`callcenter prompts …`: list, add, say and remove, and what each says when it cannot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from callcenter import cli, console, prompt_commands
from callcenter.settings import Settings
from prompts.languages import load_catalogues
from prompts.telephone import Samples
from prompts.wav import read_alaw
from tests.unit.prompts.sounds import wav


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALLCENTER_VOICES", raising=False)
    (tmp_path / "menu.wav").write_bytes(wav())


class FakeKokoro:
    def __init__(self, folder: Path) -> None:
        assert folder == Path("voices")

    def speak(self, segments: Sequence[str], voice: str, speed: float) -> list[Samples]:
        return [np.pad(0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 24_000), 12_000)]


def call(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["prompts", *words], terminal_width=300)


def refused(result: Result) -> str:
    assert result.exit_code == console.USAGE, result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_what_ships_is_listed() -> None:
    shown = call("list", "--language", "en").output
    assert "queue-enter" in shown
    assert "All our" in shown
    assert "agent-ready" not in shown
    assert "自带 shipped" in shown


def test_a_prompt_is_added_listed_and_removed(tmp_path: Path) -> None:
    added = call("add", "busy", "menu.wav", "--text", "忙")
    assert "busy zh-CN: 1.3 s" in added.output
    assert load_catalogues(tmp_path / "data" / "prompts").clip("busy").text == "忙"
    shown = next(line for line in call("list").output.splitlines() if line.split()[1:2] == ["busy"])
    assert "本单位 site" in shown
    assert "忙" in shown
    assert "the shipped one is heard again" in call("remove", "busy").output
    assert "the site has no prompt busy" in refused(call("remove", "busy"))


def test_a_prompt_of_a_language_of_the_sites_own() -> None:
    call("add", "greeting", "menu.wav", "--language", "yue")
    assert "greeting" in call("list", "--language", "yue").output
    assert "no prompt has this id any more" in call("remove", "greeting", "--language", "yue").output


def test_what_cannot_be_added() -> None:
    Path("page.mp3").write_text("<html>")
    assert "page.mp3: is not a sound file" in refused(call("add", "busy", "page.mp3"))
    assert "id 'Busy' will not do" in refused(call("add", "Busy", "menu.wav"))
    assert "No such file" in refused(call("add", "busy", "none.wav"))


def test_the_voice_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "prompts.kokoro", SimpleNamespace(Kokoro=FakeKokoro))
    made = call("say", "报修请按一", "--id", "menu-repairs", "-o", "menu.out.wav", "--voices", "voices")
    assert made.output.split() == ["menu.out.wav", "data/prompts/zh-CN/menu-repairs.wav"]
    clip = load_catalogues(tmp_path / "data" / "prompts").clip("menu-repairs")
    assert clip.text == "报修请按一"
    assert read_alaw(tmp_path / "menu.out.wav") == clip.pcma


def test_the_voice_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "prompts.kokoro", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    said = refused(call("say", "报修请按一", "-o", "menu.out.wav"))
    assert "pip install 'sanxiang[voice]'" in said
    assert "CALLCENTER_VOICES" in said


def test_a_place_for_it_is_wanted() -> None:
    assert "say where it is to be kept" in refused(call("say", "报修请按一"))


def test_the_listing_needs_no_site_folder(tmp_path: Path) -> None:
    table = prompt_commands.listed(Settings(data=tmp_path / "none"))
    assert table.row_count == sum(
        len(load_catalogues().in_language(code).ids) for code in load_catalogues().languages
    )
