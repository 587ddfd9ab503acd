"""The worker's answers, with a recogniser that hears what it is told; test_hands has the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.scribe import worker
from tests.speech import wav
from tests.unit.transcripts.test_listening import Loud
from transcripts.transcript import from_plain


def test_answers() -> None:
    path = str(wav("transfer-good", "agent"))
    plain = from_plain(worker.answer(Loud(), {"path": path, "phrases": None}))
    assert plain.words and plain.spotted is None and plain.voice is not None
    assert plain.seconds == pytest.approx(7.51, abs=0.01)
    spotted = from_plain(worker.answer(Loud(), {"path": path, "phrases": ["再见"]}))
    assert {word.text for word in spotted.spotted or ()} == {"再见"}
    assert spotted.phrases == ("再见",)


def test_a_file_that_is_no_sound() -> None:
    assert "not a WAV file" in worker.answer(Loud(), {"path": __file__})["error"]


def test_a_model_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda by: by)
    assert worker.main(str(tmp_path)) == worker.BROKEN_MODEL
    assert "holds no Vosk model" in capsys.readouterr().err
