"""Music for those who wait, played from notes: `python -m prompts.music` renders `audio/music/hold.wav`.

「茉莉花」 (Jasmine Flower), a folk song, so that nobody's rights are touched; plucked, quieter than speech.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

from prompts.catalogue import HOLD_MUSIC
from prompts.g711 import linear_to_alaw
from prompts.telephone import LINE_RATE, Samples, band_limited, loudness, with_silence
from prompts.wav import write_alaw

LUFS: Final = -26.0
"""7 LU under the announcements: whoever waits also listens for a voice."""
RATE: Final = 24_000
BEAT: Final = 60 / 84
"""Seconds."""
DO: Final = 392.0
"""Hz of the note written 1, a G: the tune lies between 294 and 784 Hz, most overtones within the band."""

TUNE: Final = """
3:1 3:.5 5:.5 6:.5 1':.5 1':.5 6:.5  5:1 5:.5 6:.5 5:2
3:1 3:.5 5:.5 6:.5 1':.5 1':.5 6:.5  5:1 5:.5 6:.5 5:2
5:1 5:1 5:1 3:.5 5:.5  6:1 6:1 5:2
3:1 2:.5 3:.5 5:1 3:.5 2:.5  1:1 1:.5 2:.5 1:2
3:.5 2:.5 1:.5 3:.5 2:1.5 3:.5  5:1 6:.5 1':.5 5:2
2:1 3:.5 5:.5 2:.5 3:.5 1:.5 6,:.5  5,:2 6,:1 1:1
2:1.5 3:.5 1:.5 2:.5 1:.5 6,:.5  5,:4
"""
"""Numbered notation, `note:beats`; `'` is an octave up, `,` one down."""
SEMITONES: Final = {"1": 0, "2": 2, "3": 4, "5": 7, "6": 9}
OVERTONES: Final = ((1, 1.0, 1.4), (2, 0.5, 2.2), (3, 0.25, 3.5), (4, 0.12, 5.0))
"""Of a plucked string: number, strength, how fast it dies away (1/s)."""


def frequency(note: str) -> float:
    """Hz of a note of `TUNE`."""
    octaves = note.count("'") - note.count(",")
    return DO * 2 ** (octaves + SEMITONES[note[0]] / 12)


def hold_music() -> Samples:
    """The whole song once, at 8 kHz, in whole packets; it may be repeated without a seam."""
    notes = [(note, float(beats)) for note, _, beats in (word.partition(":") for word in TUNE.split())]
    length = round(sum(beats for _, beats in notes) * BEAT * RATE)
    song = np.zeros(length)
    at = 0.0
    for note, beats in notes:
        pluck = _pluck(frequency(note), beats * BEAT + 0.6)
        # What rings on over the end rings into the beginning: the song goes round.
        places = (round(at * RATE) + np.arange(len(pluck))) % length
        np.add.at(song, places, pluck)
        at += beats * BEAT
    line = band_limited(np.tile(song, 3), RATE)[length * LINE_RATE // RATE :][: length * LINE_RATE // RATE]
    quiet = line * 10 ** ((LUFS - loudness(line)) / 20)
    return with_silence(quiet, 0.0, 0.0)


def _pluck(hertz: float, seconds: float) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(
        strength * np.sin(2 * np.pi * number * hertz * time) * np.exp(-decay * time)
        for number, strength, decay in OVERTONES
    )
    edge = np.minimum(1.0, time / 0.004) * np.minimum(1.0, (seconds - time) / 0.1)
    return np.asarray(tone * edge)


def main() -> int:
    HOLD_MUSIC.parent.mkdir(parents=True, exist_ok=True)
    alaw = linear_to_alaw(hold_music())
    write_alaw(HOLD_MUSIC, alaw)
    print(f"{HOLD_MUSIC.name}  {len(alaw) / LINE_RATE:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
