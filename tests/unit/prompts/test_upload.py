"""A sound file of any format becomes a prompt as the shipped ones are; what cannot is refused clearly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pydub import AudioSegment

from prompts.g711 import alaw_to_linear
from prompts.site import site_prompts
from prompts.telephone import LINE_RATE, TARGET_LUFS, loudness
from prompts.upload import LARGEST, UploadError, keep, prepare
from prompts.wav import read_alaw
from tests.unit.prompts.sounds import encoded, wav

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)

FORMATS = {
    "mp3": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": (),
    "flac": (),
    "m4a": (),
    "aac": (),
    "wma": (),
    "webm": (),
    "aiff": (),
    "au": (),
    "caf": (),
}


def checked(alaw: bytes) -> None:
    samples = alaw_to_linear(alaw)
    assert loudness(samples) == pytest.approx(TARGET_LUFS, abs=0.7)
    assert len(alaw) % 160 == 0
    power = np.abs(np.fft.rfft(samples)) ** 2
    assert np.argmax(power) * LINE_RATE / len(samples) == pytest.approx(700, abs=5)
    assert np.max(np.abs(samples[:800])) < 0.01


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_usual_format(tmp_path: Path, suffix: str) -> None:
    prepared = prepare(encoded(tmp_path, suffix, *FORMATS[suffix]), f"hum.{suffix}")
    assert prepared.seconds == pytest.approx(1.28, abs=0.1)
    checked(prepared.alaw)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11_025, 1), (48_000, 2), (96_000, 1)])
def test_any_rate_and_number_of_channels(rate: int, channels: int) -> None:
    checked(prepare(wav(rate=rate, channels=channels), "hum.wav").alaw)


def test_a_telephone_recording(tmp_path: Path) -> None:
    raw = encoded(
        tmp_path, "wav", "-ar", "8000", "-c:a", "pcm_alaw"
    )  # overwrites its own source, after reading
    checked(prepare(raw, "line.wav").alaw)


def test_loud_and_soft_come_out_alike() -> None:
    soft, loud = (prepare(wav(amplitude=level), "hum.wav") for level in (0.01, 0.8))
    assert soft.lufs == pytest.approx(-46, abs=3)
    assert loud.lufs == pytest.approx(-8, abs=3)
    assert loudness(alaw_to_linear(soft.alaw)) == pytest.approx(loudness(alaw_to_linear(loud.alaw)), abs=0.7)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is not a sound file that can be read: WAV, MP3"),
        (b"<html></html>", "is not a sound file that can be read"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "is not a sound file that can be read"),
        (b"ID3" + b"\0" * 200, "is damaged, or not a sound file"),
        (b"RIFF\0\0\0\0WAVE", "is damaged, or not a sound file"),
        (wav(0.02), "holds no sound"),
        (wav(amplitude=0.0), "holds no sound"),
        (wav(amplitude=0.0005), "is nearly silent"),
        (wav(181.0, rate=8000), "is longer than 180 s"),
        (b"RIFF" + bytes(LARGEST), "is larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_a_prompt(raw: bytes, why: str) -> None:
    with pytest.raises(UploadError, match=rf"menu\.mp3: {why}"):
        prepare(raw, "menu.mp3")


def test_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = encoded(tmp_path, "mp3")

    def absent(*arguments: object, **options: object) -> None:
        raise FileNotFoundError("ffprobe")

    monkeypatch.setattr(AudioSegment, "from_file", absent)
    with pytest.raises(UploadError, match=r"menu\.mp3: needs ffmpeg to be read: apt install ffmpeg"):
        prepare(raw, "menu.mp3")


def test_it_is_kept_with_its_words(tmp_path: Path) -> None:
    prepared = keep(tmp_path, "zh-CN", "menu", wav(), "C/menu.wav", "报修请按一", NOW)
    assert read_alaw(tmp_path / "zh-CN" / "menu.wav") == prepared.alaw
    (entry,) = site_prompts(tmp_path / "zh-CN")
    assert (entry.text, entry.origin) == ("报修请按一", "menu.wav")


def test_nothing_is_kept_of_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(UploadError):
        keep(tmp_path, "zh-CN", "menu", b"x", "menu.wav", "", NOW)
    assert list(tmp_path.iterdir()) == []
