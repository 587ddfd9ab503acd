"""Speaking a prompt of one's own: what is missing is named, with what to do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from prompts.g711 import alaw_to_linear
from prompts.schema import CatalogueError
from prompts.telephone import TARGET_LUFS, Samples, loudness
from prompts.voice import Voice, speak


class FakeKokoro:
    said: tuple[Sequence[str], str, float]

    def __init__(self, folder: Path) -> None:
        assert folder == Path("voices")

    def speak(self, segments: Sequence[str], voice: str, speed: float) -> list[Samples]:
        FakeKokoro.said = (segments, voice, speed)
        return [np.pad(0.3 * np.sin(2 * np.pi * 800 * np.arange(24_000) / 24_000), 12_000)]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prompts.kokoro", SimpleNamespace(Kokoro=FakeKokoro))


@pytest.mark.usefixtures("installed")
def test_one_sentence_ready_for_the_line() -> None:
    alaw = speak(" 报修请按一 ", Voice(folder=Path("voices")))
    assert FakeKokoro.said == (["报修请按一。"], "zf_xiaobei", 1.05)
    assert loudness(alaw_to_linear(alaw)) == pytest.approx(TARGET_LUFS, abs=0.7)
    assert len(alaw) % 160 == 0


@pytest.mark.usefixtures("installed")
def test_without_the_voices() -> None:
    with pytest.raises(CatalogueError, match=r"the voices are not there: `npm pack kokoro-js@1\.2\.1`"):
        speak("报修请按一", Voice())


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "prompts.kokoro", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CatalogueError, match=r"onnxruntime.*pip install 'sanxiang\[voice\]'; then `npm pack"):
        speak("报修请按一", Voice(folder=Path("voices")))


def test_nothing_to_say() -> None:
    with pytest.raises(CatalogueError, match="there is nothing to say"):
        speak("  ", Voice())
