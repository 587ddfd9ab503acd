"""The worker's answers, with a recogniser that hears what it is told; test_hands has the process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from callcenter.scribe import worker
from tests.speech import wav
from transcripts.audio import Audio
from transcripts.recogniser import Recogniser, Word


class Told:
    """A recogniser that always hears the same."""

    name = "told"

    def transcribe(self, audio: Audio) -> list[Word]:
        return [Word("您好", 0.5, 1.0, 0.9)]

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        return [Word(phrases[0], 0.0, audio.duration, 1.0)]


def test_answers() -> None:
    told: Recogniser = Told()
    path = str(wav("transfer-good", "agent"))
    plain = worker.answer(told, {"path": path, "phrases": None})
    assert plain["words"] == [("您好", 0.5, 1.0, 0.9)]
    assert plain["spotted"] is None
    assert worker.answer(told, {"path": path, "phrases": ["再见"]})["spotted"][0][0] == "再见"


def test_a_file_that_is_no_sound() -> None:
    assert "not a WAV file" in worker.answer(Told(), {"path": __file__})["error"]


def test_a_model_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda by: by)
    assert worker.main(str(tmp_path)) == worker.BROKEN_MODEL
    assert "holds no Vosk model" in capsys.readouterr().err
