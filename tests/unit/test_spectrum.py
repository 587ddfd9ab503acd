"""The spectra by which the tests tell who heard whom: what is a tone, and what must not be taken for one."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from prompts.catalogue import load_music
from sip.media import tones
from sip.media.g711 import PCMA, PCMU, Codec
from sip.media.wav import build
from tests.spectrum import NOTHING, TONES, Floats, Sound, ever, heard, read, story

ROOT = Path(__file__).parent.parent.parent
ONE, OTHER, THIRD = TONES[0], TONES[1], TONES[2]


def hum(hertz: float, seconds: float = 2.0, level: float = 10000.0) -> Floats:
    return tones.sine(hertz, seconds, level) / 32768


def sound(*parts: Floats, codec: Codec = PCMA) -> Sound:
    """One after the other, through a telephone."""
    samples = (np.concatenate(parts) * 32767).astype(np.int16)
    return Sound(codec.decode(codec.encode(samples)) / 32768, 8000)


def quiet(seconds: float) -> Floats:
    return np.zeros(round(seconds * 8000))


@pytest.mark.parametrize("codec", [PCMA, PCMU])
@pytest.mark.parametrize("hertz", TONES)
def test_each_tone_is_heard_and_no_other(codec: Codec, hertz: int) -> None:
    assert heard(sound(hum(hertz), codec=codec)) == {hertz}


def test_every_tone_at_once_is_heard_as_in_a_conference() -> None:
    mixed = sum(hum(each, level=2000.0) for each in TONES)
    assert heard(sound(np.asarray(mixed))) == set(TONES)


def test_silence_and_next_to_nothing_have_no_tone() -> None:
    assert heard(sound(quiet(2.0))) == NOTHING
    assert heard(sound(hum(ONE, 0.25))) == NOTHING
    assert story(sound(quiet(0.1))) == []
    assert ever(sound(quiet(0.1))) == NOTHING


def test_a_whisper_beside_a_loud_voice_is_heard() -> None:
    assert heard(sound(hum(ONE, level=16000) + hum(OTHER, level=1000))) == {ONE, OTHER}


def test_what_is_far_too_soft_is_not() -> None:
    assert heard(sound(hum(ONE, level=16000) + hum(OTHER, level=100))) == {ONE}


def test_a_stuttering_tone_is_heard() -> None:
    gaps = [part for _ in range(10) for part in (hum(ONE, 0.37), quiet(0.06))]
    assert heard(sound(*gaps)) == {ONE}
    assert story(sound(*gaps)) == [{ONE}]


def test_parts_of_a_sound() -> None:
    whole = sound(hum(ONE), quiet(1.0), hum(OTHER))
    assert heard(whole, end=2.0) == {ONE}
    assert heard(whole, start=2.2, end=2.8) == NOTHING
    assert heard(whole, last=1.0) == {OTHER}
    assert heard(whole, last=1.0, among=(ONE, THIRD)) == NOTHING


def test_a_story_has_everybody_in_turn() -> None:
    ring = tones.sine(450.0, 1.0) / 32768
    whole = sound(hum(ONE), ring, hum(OTHER), hum(ONE) + hum(OTHER), quiet(1.0), hum(ONE))
    assert story(whole) == [{ONE}, {OTHER}, {ONE, OTHER}, {ONE}]
    assert ever(whole) == {ONE, OTHER}


def test_a_moment_is_no_story() -> None:
    whole = sound(hum(ONE), hum(OTHER, 0.2), hum(ONE))
    assert story(whole) == [{ONE}]
    assert ever(whole) == {ONE}


NOISES = {
    "music": lambda: Sound(PCMA.decode(load_music().pcma) / 32768, 8000),
    "ring-back": lambda: Sound(PCMA.decode(tones.ringback().alaw * 3) / 32768, 8000),
    "busy": lambda: Sound(PCMA.decode(tones.busy().alaw * 9) / 32768, 8000),
}


@pytest.mark.parametrize("noise", sorted(NOISES))
def test_tones_of_the_telephone_and_music_are_nobody(noise: str) -> None:
    assert ever(NOISES[noise](), least=0.3) == NOTHING


@pytest.mark.parametrize("folder", ["callcenter/demo/dialogues", "prompts/audio/zh-CN", "prompts/audio/en"])
def test_speech_is_nobody(folder: str) -> None:
    taken = {path.name: ever(read(path)) for path in (ROOT / folder).glob("*.wav")}
    assert taken and {name: found for name, found in taken.items() if found} == {}


def test_a_tone_is_heard_through_music() -> None:
    music = PCMA.decode(load_music().pcma)[: 8000 * 5] / 32768
    assert heard(sound(music * 0.5 + hum(ONE, 5.0) * 0.5)) == {ONE}


# --- files ---


def test_a_file_that_still_grows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    with path.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes((np.sin(2 * np.pi * ONE * np.arange(16000) / 16000) * 9000).astype("<i2").tobytes())
        raw.flush()
        assert read(path).rate == 16000
        assert heard(read(path)) == {ONE}


def test_files_of_other_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    path.write_bytes(build(PCMU, PCMU.encode(tones.sine(ONE, 1.0))))
    assert heard(read(path)) == {ONE}
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes((tones.sine(OTHER, 1.0) // 256 + 128).astype(np.uint8).tobytes())
    assert heard(read(path)) == {OTHER}


def test_no_file_is_silence(tmp_path: Path) -> None:
    assert read(tmp_path / "nothing.wav").seconds == 0.0
    (tmp_path / "empty.wav").write_bytes(b"")
    assert read(tmp_path / "empty.wav").seconds == 0.0
