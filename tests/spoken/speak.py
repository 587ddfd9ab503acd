"""Speaks the sentences of the tables that have no clip yet, and removes clips that no table asks for.

    python -m tests.spoken.speak --voices DIR                 the clips of the tests
    python -m tests.spoken.speak --voices DIR --swap CORPUS --to FOLDER
                                                              a corpus's sentences in each other's voices

Wants the packages and voices that prompts/README.md names; nothing else does. It takes 0.7 s of one core for
each second of speech.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from prompts.g711 import linear_to_alaw
from prompts.kokoro import SAMPLE_RATE, Kokoro
from prompts.telephone import LINE_RATE, band_limited, edges, faded
from prompts.wav import write_alaw
from tests.spoken.clips import CLIPS, Samples, Sentence
from tests.spoken.tables import EXAMPLES, UNSEEN, calls, swapped

LEVEL = 10 ** (-23.0 / 20)
"""RMS of a clip, as of the dialogues."""
PEAK = 10 ** (-3.0 / 20)


def on_the_line(studio: Samples) -> Samples:
    """Kokoro's sound in the telephone band at 8 kHz, without the silence around it, at the clips' level."""
    first, last = (round(edge * LINE_RATE / SAMPLE_RATE) for edge in edges(studio, SAMPLE_RATE))
    line = band_limited(studio, SAMPLE_RATE)[first:last]
    gain = min(LEVEL / float(np.sqrt(np.mean(line**2))), PEAK / float(np.abs(line).max()))
    return faded(line * gain)


def speak(kokoro: Kokoro, wanted: Iterable[Sentence], folder: Path) -> int:
    """Makes the clips that are missing, and gives how many."""
    missing = [sentence for sentence in dict.fromkeys(wanted) if not (folder / sentence.file).exists()]
    for number, sentence in enumerate(missing, start=1):
        sound = kokoro.speak([sentence.text], sentence.voice, sentence.speed)
        write_alaw(folder / sentence.file, linear_to_alaw(on_the_line(np.concatenate(sound))))
        print(f"{number}/{len(missing)} {sentence.file} {sentence.text}", flush=True)
    return len(missing)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voices", type=Path, required=True, help="the folder of Kokoro's voices")
    parser.add_argument("--swap", type=Path, metavar="CORPUS", help="a folder of dialogues")
    parser.add_argument("--to", type=Path, default=CLIPS, metavar="FOLDER", help="where the clips go")
    options = parser.parse_args()
    if options.swap:
        dialogues = [json.loads(path.read_text("utf-8")) for path in sorted(options.swap.glob("*.json"))]
        wanted = [sentence for dialogue in dialogues for sentence in swapped(dialogue).sentences]
    else:
        wanted = [
            sentence for table in (EXAMPLES, UNSEEN) for call in calls(table) for sentence in call.sentences
        ]
    options.to.mkdir(parents=True, exist_ok=True)
    speak(Kokoro(options.voices), wanted, options.to)
    if options.to == CLIPS:
        files = {sentence.file for sentence in wanted}
        for path in CLIPS.glob("*.wav"):
            if path.name not in files:
                path.unlink()


if __name__ == "__main__":
    main()
