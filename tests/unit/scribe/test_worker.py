"""What it answers is in test_ears, the process in test_hands."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.scribe import worker


def test_a_model_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda by: by)
    assert worker.main("vosk", str(tmp_path)) == worker.BROKEN_MODEL
    assert "holds no Vosk model" in capsys.readouterr().err
