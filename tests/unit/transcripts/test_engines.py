from __future__ import annotations

from pathlib import Path

import pytest

from transcripts.engines import engine_model, load_engine
from transcripts.model import ModelError
from transcripts.recogniser import RecogniserError


@pytest.mark.parametrize("name", ["vosk", "whisper"])
def test_an_engine_says_what_it_lacks(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match="holds no"):
        load_engine(name, tmp_path)
    with pytest.raises(ModelError, match="correct `model`"):
        engine_model(name, str(tmp_path))


def test_an_engine_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match="there are vosk, whisper"):
        load_engine("ear", tmp_path)


def test_a_folder_with_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    assert engine_model("whisper", str(tmp_path)) == tmp_path
