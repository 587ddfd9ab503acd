"""Against answers of the form that faster-whisper 1.2 gives; its models cannot be had on this machine."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.unit.transcripts.test_activity import RATE, buzz, silence
from transcripts.audio import Audio
from transcripts.listening import listen
from transcripts.recogniser import RecogniserError
from transcripts.utterances import join_text
from transcripts.whisper_engine import LONGEST, PROMPT, WhisperRecogniser

ANSWER = [("您", 0.1, 0.3, 0.9), ("好，", 0.3, 0.5, 0.8), ("万科", 0.5, 0.8, 0.7), ("物业。", 0.8, 1.1, 0.95)]


class Model:
    """Hears ANSWER in whatever is given to it."""

    asked: list[tuple[int, dict[str, Any]]]

    def __init__(self, folder: str) -> None:
        if "broken" in folder:
            raise RuntimeError("Unsupported model binary version")
        Model.asked = []

    def transcribe(self, audio: Any, **options: Any) -> tuple[Iterator[Any], Any]:
        assert audio.dtype == np.float32 and np.abs(audio).max() <= 1.0
        self.asked.append((len(audio), options))
        words = [SimpleNamespace(word=w, start=s, end=e, probability=p) for w, s, e, p in ANSWER]
        return iter([SimpleNamespace(words=words), SimpleNamespace(words=None)]), None


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WhisperRecogniser:
    module = ModuleType("faster_whisper")
    module.WhisperModel = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "model.bin").touch()
    return WhisperRecogniser(tmp_path / "small")


def sound(*parts: Any) -> Audio:
    return Audio(array("h", np.concatenate(parts).tobytes()), RATE)


def test_each_utterance_is_read_when_it_is_over(engine: WhisperRecogniser) -> None:
    words = engine.transcribe(sound(silence(3), buzz(1.2), silence(6), buzz(1.2), silence(2)))
    assert join_text(words) == "您好万科物业" * 2
    assert [round(word.start) for word in words[:4:3]] == [2, 3]
    assert 8.0 < words[4].start < 10.5
    assert all(word.start < word.end and 0.0 < word.confidence <= 1.0 for word in words)
    (length, options), _ = Model.asked
    assert length < 4 * 16_000
    assert (options["language"], options["temperature"], options["initial_prompt"]) == ("zh", 0.0, PROMPT)


def test_the_narrow_pass_leaves_out_what_fits_no_phrase(engine: WhisperRecogniser) -> None:
    audio = sound(silence(1), buzz(1.2), silence(3))
    assert join_text(engine.spot(audio, ["万科物业", "再见"])) == "万科物业"
    assert engine.spot(audio, ["请稍等"]) == []
    assert Model.asked[0][1]["hotwords"] == "万科物业 再见"


def test_a_long_utterance_is_read_in_parts(engine: WhisperRecogniser) -> None:
    engine.transcribe(sound(buzz(70)))
    assert [length <= LONGEST * 16_000 for length, _ in Model.asked] == [True] * 3


def test_it_keeps_the_protocol_of_the_other_engine(engine: WhisperRecogniser) -> None:
    heard = listen(sound(silence(1), buzz(1.2), silence(3)), engine, ["万科物业"])
    assert engine.name == "faster-whisper small"
    assert join_text(heard.words) == "您好万科物业"
    assert join_text(heard.spotted or ()) == "万科物业"
    assert heard.alternatives == ()
    assert engine.transcribe(Audio(array("h"), RATE)) == engine.transcribe(sound(silence(5))) == []


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecogniserError, match=r"model\.bin is missing"):
        WhisperRecogniser(tmp_path)
    (tmp_path / "model.bin").touch()
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(RecogniserError, match=r"pip install 'sanxiang\[whisper\]'"):
        WhisperRecogniser(tmp_path)


def test_a_model_that_cannot_be_loaded(engine: WhisperRecogniser, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.bin").touch()
    with pytest.raises(RecogniserError, match="cannot load"):
        WhisperRecogniser(tmp_path / "broken")
