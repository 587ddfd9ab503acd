"""Every recording that ships, measured: band, level, silence, length; and heard by a recogniser."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import numpy as np
import pytest
from pypinyin import lazy_pinyin

from prompts.catalogue import CATALOGUE, AudioClip, Catalogue, load_catalogue
from prompts.g711 import alaw_to_linear
from prompts.renderings import renderings
from prompts.schema import read_entries
from prompts.telephone import LINE_RATE, TARGET_LUFS, Samples, loudness
from prompts.wav import write_alaw
from tests.speech import recogniser
from transcripts.audio import read_wav

pytestmark = pytest.mark.engine

HEARD = ["busy-to-desk", "busy", "no-answer", "no-answer-to-desk", "connected", "desk-unavailable"]
HEARD += ["callback-number", "survey-ask", "menu-wrong-key", "menu-goodbye"]
AUDIO = CATALOGUE.parent / "audio"


def clips(catalogue: Catalogue) -> dict[str, AudioClip]:
    """All that a caller may hear, or what stands for it: plain prompts, every place, some numbers."""
    plain = [
        catalogue.clip(prompt_id) for prompt_id in sorted(catalogue.ids - set(catalogue.composed) - TONES)
    ]
    places = [
        catalogue.compose("long-distance", place=place)
        for place in catalogue.values("place")
        if "long-distance" in catalogue.composed
    ]
    counted = [catalogue.compose("queue-position", count=count) for count in (2, 14, 35, 99, 250)]
    counted += [catalogue.compose("queue-wait", minutes=minutes) for minutes in (2, 10, 45)]
    counted += [catalogue.compose("opening-at", time=time(8, 30))]
    counted += [catalogue.compose("callback-number-read", number="62283030")]
    return {f"{catalogue.language} {clip.id}": clip for clip in plain + places + counted}


TONES = {"beep", "tone-waiting", "tone-long-call"}
ALL = {**clips(load_catalogue()), **clips(load_catalogue(language="en"))}
CLIPS = {name: alaw_to_linear(clip.pcma) for name, clip in ALL.items()}


def edge_seconds(samples: Samples) -> float:
    """Seconds before the first 10 ms louder than -50 dBFS."""
    frames = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    return float(np.argmax(np.mean(frames**2, axis=1) > 1e-5)) / 100


@pytest.mark.parametrize("name", CLIPS)
def test_level(name: str) -> None:
    samples = CLIPS[name]
    # A sentence is levelled whole, and a composed one is put together from several.
    composed = name.count(".") > 0
    assert loudness(samples) == pytest.approx(TARGET_LUFS, abs=2.0 if composed else 1.5)
    assert np.max(np.abs(samples)) < 10 ** (-1.0 / 20)


@pytest.mark.parametrize("name", CLIPS)
def test_silence_at_both_ends(name: str) -> None:
    samples = CLIPS[name]
    assert 0.1 <= edge_seconds(samples) <= 0.2
    assert 0.1 <= edge_seconds(samples[::-1]) <= 0.22


@pytest.mark.parametrize("name", CLIPS)
def test_band(name: str) -> None:
    """Under a thousandth of the power lies outside 250–3500 Hz (what quantising adds included)."""
    power = np.abs(np.fft.rfft(CLIPS[name])) ** 2
    hertz = np.fft.rfftfreq(len(CLIPS[name]), 1 / LINE_RATE)
    assert power[(hertz < 250) | (hertz > 3500)].sum() < 1e-3 * power.sum()


@pytest.mark.parametrize("name", CLIPS)
def test_whole_packets_and_a_speakers_pace(name: str) -> None:
    seconds = len(CLIPS[name]) / LINE_RATE
    assert len(CLIPS[name]) % (LINE_RATE // 50) == 0
    assert 1.0 < seconds < 13.0


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_recording_is_left_over(language: str) -> None:
    entries = read_entries(CATALOGUE)
    wanted = {f"{stem}.wav" for one in renderings(entries, language) for stem, _ in one.kept()}
    assert {path.name for path in (AUDIO / language).iterdir()} == wanted


def test_the_audio_is_small() -> None:
    assert sum(path.stat().st_size for path in AUDIO.rglob("*.wav")) < 8_000_000


def syllables(text: str) -> list[str]:
    """The sounds without their tones: a recogniser picks characters by meaning, and 总机 is a rare word."""
    return lazy_pinyin("".join(letter for letter in text if letter.isalpha()))


def wrong(said: list[str], heard: list[str]) -> int:
    """Levenshtein's distance in syllables."""
    row = list(range(len(heard) + 1))
    for at, syllable in enumerate(said, start=1):
        row, before = [at], row
        for to, other in enumerate(heard, start=1):
            row.append(min(before[to] + 1, row[-1] + 1, before[to - 1] + (syllable != other)))
    return row[-1]


@pytest.mark.parametrize("prompt", [*HEARD, "上海", "重庆"])
def test_a_recogniser_hears_all_but_one_syllable(prompt: str, tmp_path: Path) -> None:
    catalogue = load_catalogue()
    clip = catalogue.clip(prompt) if prompt in HEARD else catalogue.compose("long-distance", place=prompt)
    write_alaw(tmp_path / "clip.wav", clip.pcma)
    heard = "".join(word.text for word in recogniser().transcribe(read_wav(tmp_path / "clip.wav")))
    assert wrong(syllables(clip.text), syllables(heard)) <= 1, f"said {clip.text}, heard {heard}"
