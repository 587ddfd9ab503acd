"""`python -m prompts.build --voices DIR [--only ID]`: renders the audio of the catalogue. See README.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prompts.catalogue import CATALOGUE
from prompts.g711 import linear_to_alaw
from prompts.schema import CatalogueError, Recording, read_entries
from prompts.telephone import LINE_RATE, band_limited, levelled, trimmed, with_silence
from prompts.wav import write_alaw

Speak = Callable[[str, str, float], npt.NDArray[np.float64]]
"""Text, voice and speed to samples in -1…1 at 24 kHz."""

STUDIO_RATE = 24_000
EDGE_SECONDS = 0.14
"""Silence before the first and after the last word."""

JOIN_SECONDS = 0.02
PAUSE_SECONDS = 0.18
"""After a part of a composed prompt: a bare join, or the pause of its comma."""


def on_the_line(samples: npt.NDArray[np.float64], recording: Recording, rate: int = STUDIO_RATE) -> bytes:
    """Studio samples as the A-law octets of one recording: band, level, silence."""
    speech = levelled(trimmed(band_limited(samples, rate), LINE_RATE))
    before = EDGE_SECONDS if recording.first else 0.0
    after = PAUSE_SECONDS if recording.text.endswith("，") else JOIN_SECONDS
    return linear_to_alaw(with_silence(speech, before, EDGE_SECONDS if recording.last else after))


def build(catalogue: Path, speak: Speak, only: str = "") -> int:
    """Renders every recording of the catalogue (or of the prompt `only`); gives how many."""
    entries = read_entries(catalogue)
    wanted = [prompt for prompt in entries.prompt if only in ("", prompt.id)]
    if not wanted:
        raise CatalogueError(f"{catalogue}: no prompt {only!r}")
    folder = catalogue.parent / "audio" / entries.language
    folder.mkdir(parents=True, exist_ok=True)
    recordings = [recording for prompt in wanted for recording in entries.recordings(prompt)]
    for recording in recordings:
        alaw = on_the_line(speak(_spoken(recording), recording.voice, recording.speed), recording)
        write_alaw(folder / f"{recording.stem}.wav", alaw)
        print(f"{recording.stem}.wav  {len(alaw) / LINE_RATE:.2f} s  {recording.text}")
    return len(recordings)


def _spoken(recording: Recording) -> str:
    """The text with a full stop at its end, without which the voice does not come to rest."""
    ends = not recording.last or recording.text.endswith(("。", "！", "？"))
    return recording.text if ends else recording.text + "。"


def _kokoro(voices: Path) -> Speak:
    from prompts.kokoro import Kokoro

    return Kokoro(voices).speak


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when all was rendered, 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m prompts.build", description="Render the announcements.")
    parser.add_argument("--voices", type=Path, required=True, help="folder of kokoro-js's .bin voices")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    parser.add_argument("--only", default="", metavar="ID", help="one prompt")
    chosen = parser.parse_args(arguments)
    try:
        count = build(chosen.catalogue, _kokoro(chosen.voices), chosen.only)
    except ModuleNotFoundError as error:
        return _failed(f"{error.name} is not installed: pip install -r prompts/requirements-build.txt")
    except CatalogueError as error:
        return _failed(str(error))
    print(f"{count} recordings rendered")
    return 0


def _failed(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
