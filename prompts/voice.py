"""A prompt spoken by the voice of the shipped ones: wants the extra `voice`, and the voices' files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prompts.build import Speak, on_the_line
from prompts.schema import CatalogueError

DEFAULT_VOICE = "zf_xiaobei"
SPEED = 1.05
"""As the shipped prompts in Chinese."""

HOW = (
    "`npm pack kokoro-js@1.2.1`, unpack it, and name its folder `voices` by --voices or CALLCENTER_VOICES "
    "(one file for each voice, 0.5 MB)"
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Which voice speaks, how fast (1 is its own pace), and where its file is."""

    name: str = DEFAULT_VOICE
    speed: float = SPEED
    folder: Path | None = None


def speak(words: str, voice: Voice) -> bytes:
    """One sentence as A-law, ready for the line. Raises `CatalogueError` for what is not installed."""
    sentence = words.strip()
    if not sentence:
        raise CatalogueError("there is nothing to say: give the words of the prompt")
    ends = sentence.endswith(("。", "！", "？", ".", "!", "?"))
    pieces = _loaded(voice)([sentence if ends else sentence + "。"], voice.name, voice.speed)
    return on_the_line(pieces, [])[0]


def _loaded(voice: Voice) -> Speak:
    try:
        from prompts.kokoro import Kokoro
    except ModuleNotFoundError as error:
        raise CatalogueError(
            f"the voice is not installed ({error.name}): pip install 'sanxiang[voice]'; then {HOW}"
        ) from None
    if voice.folder is None:
        raise CatalogueError(f"the voices are not there: {HOW}")
    return Kokoro(voice.folder).speak
