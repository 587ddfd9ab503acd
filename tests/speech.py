"""The real speech model for tests, installed once for all workers of pytest-xdist; the dialogues."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from transcripts.model import install_model
from transcripts.vosk_engine import VoskRecogniser

DIALOGUES = Path(__file__).parent.parent / "callcenter" / "demo" / "dialogues"


@cache
def speech_model() -> Path:
    """The model's folder; it is installed where it is absent, behind the installer's own file lock."""
    return install_model()


@cache
def recogniser() -> VoskRecogniser:
    """The engine, loaded once in a test process."""
    return VoskRecogniser(speech_model())


def wav(name: str, leg: str) -> Path:
    """The file of one leg (`agent` or `caller`) of a dialogue."""
    return DIALOGUES / f"{name}.{leg}.wav"


def dialogue(name: str, folder: Path = DIALOGUES) -> dict[str, Any]:
    """A dialogue's facts, timeline and expected verdicts."""
    value: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return value


def facts(spoken: dict[str, Any]) -> dict[str, Any]:
    """The facts of a dialogue as `callcenter judge` takes them."""
    holds = [
        {"start": part["start"], "end": part["end"]} for part in spoken["timeline"] if part["leg"] == "hold"
    ]
    return {
        "rings": spoken["rings"],
        "hangup": spoken["hangup"],
        "holds": holds,
        "transfer": spoken.get("transfer"),
    }
