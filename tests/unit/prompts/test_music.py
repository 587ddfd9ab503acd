"""The music on hold: its notes, its level, and that it goes round without a seam."""

from __future__ import annotations

import numpy as np
import pytest

from prompts.catalogue import load_music
from prompts.g711 import alaw_to_linear, linear_to_alaw
from prompts.music import BEAT, LUFS, TUNE, frequency, hold_music
from prompts.telephone import LINE_RATE, loudness


def test_a_note_is_a_frequency() -> None:
    assert frequency("1") == 392.0
    assert frequency("1'") == 784.0
    assert frequency("5,") == pytest.approx(293.66, abs=0.1)
    assert frequency("6") == pytest.approx(659.26, abs=0.1)


def test_what_ships_is_what_the_notes_say() -> None:
    assert load_music().pcma == linear_to_alaw(hold_music())


def test_it_lasts_as_long_as_its_beats_and_is_quieter_than_speech() -> None:
    music = load_music()
    beats = sum(float(word.partition(":")[2]) for word in TUNE.split())
    assert music.seconds == pytest.approx(beats * BEAT, abs=0.02)
    assert len(music.pcma) % 160 == 0
    assert loudness(alaw_to_linear(music.pcma)) == pytest.approx(LUFS, abs=0.3)


def test_the_notes_are_heard_in_their_order() -> None:
    samples, at = alaw_to_linear(load_music().pcma), 0.0
    for word in TUNE.split():
        note, _, beats = word.partition(":")
        begin, length = round((at + 0.02) * LINE_RATE), round(float(beats) * BEAT * LINE_RATE * 0.8)
        piece = samples[begin : begin + length]
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 8 * len(piece)))
        hertz = np.fft.rfftfreq(8 * len(piece), 1 / LINE_RATE)
        # The note itself or, where the telephone's band has cut it, its octave.
        loudest = hertz[power.argmax()]
        wanted = frequency(note)
        assert min(abs(loudest / wanted - 1), abs(loudest / wanted - 2)) < 0.03, (word, at)
        at += float(beats) * BEAT
