"""The engines by name, and where their models are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from transcripts.model import ModelError, find_model
from transcripts.recogniser import Recogniser, RecogniserError

Engine = Literal["vosk", "whisper"]


def _vosk(model: Path, lexicon: Sequence[str]) -> Recogniser:
    from transcripts.vosk_engine import VoskRecogniser

    return VoskRecogniser(model, lexicon)


def _whisper(model: Path, lexicon: Sequence[str]) -> Recogniser:
    """It writes what the words mean, and needs no second hearing."""
    from transcripts.whisper_engine import WhisperRecogniser

    return WhisperRecogniser(model)


ENGINES: Final[dict[str, Callable[[Path, Sequence[str]], Recogniser]]] = {"vosk": _vosk, "whisper": _whisper}
"""Imported when asked for: only one is installed everywhere."""


def load_engine(name: str, model: Path, lexicon: Sequence[str] = ()) -> Recogniser:
    """`lexicon` is what a second hearing listens for.

    Raises RecogniserError where the engine is not there, or cannot load the model."""
    if name not in ENGINES:
        raise RecogniserError(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
    return ENGINES[name](model, lexicon)


def engine_model(name: str, configured: str) -> Path:
    """The folder of the model that is to be used. Raises ModelError where there is none."""
    if name == "vosk":
        return find_model(configured)
    if (Path(configured) / "model.bin").is_file():
        return Path(configured)
    raise ModelError(
        f"{configured or 'nothing'} is no folder of a faster-whisper model (model.bin); "
        "correct `model` under [scribe]"
    )
