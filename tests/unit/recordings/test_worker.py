"""What the writing process answers."""

from __future__ import annotations

from pathlib import Path

from callcenter.recordings.worker import answer
from tests.unit.recordings.test_flac import hum


def test_it_answers_what_was_written(tmp_path: Path) -> None:
    legs = [[str(hum(tmp_path / "c.wav", 440, 1.0)), 0.25, False], [str(tmp_path / "gone.wav"), 0.0, True]]
    made = answer({"legs": legs, "path": str(tmp_path / "stereo.flac")})
    assert (made["seconds"], made["rate"]) == (1.25, 8000)
    assert made["size"] == (tmp_path / "stereo.flac").stat().st_size
    assert "gone.wav" in made["missing"][0]


def test_it_answers_why_nothing_was(tmp_path: Path) -> None:
    assert "no recording" in answer({"legs": [], "path": str(tmp_path / "x.flac")})["error"]
    legs = [[str(hum(tmp_path / "c.wav", 440, 0.1)), 0.0, False]]
    assert "cannot be written" in answer({"legs": legs, "path": str(tmp_path / "no" / "x.flac")})["error"]
