"""`python -m prompts.build --voices DIR [--language CODE] [--only ID]`: renders the catalogue's audio."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prompts.catalogue import CATALOGUE
from prompts.g711 import linear_to_alaw
from prompts.renderings import Rendering, renderings
from prompts.schema import CatalogueError, Entries, read_entries
from prompts.telephone import LINE_RATE, band_limited, edges, levelled, quietest, with_silence
from prompts.wav import write_alaw

Samples = npt.NDArray[np.float64]
Speak = Callable[[Sequence[str], str, float], list[Samples]]
"""The segments of one sentence, voice and speed to a piece for each, samples in -1…1 at 24 kHz."""

STUDIO_RATE = 24_000
EDGE_SECONDS = 0.14
"""Silence before the first and after the last word."""

PAUSE_SECONDS = 0.18
"""After a part of a composed prompt that ends with a comma.

After any other comes nothing: 30 ms of silence were enough to make the s or sh that follows a c or ch.
"""

BETWEEN_LANGUAGES = 0.25
"""Seconds of silence where another voice goes on."""

_STOPS = ("，", "。", "！", "？", ",", ".", "!", "?")
_FOREIGN = re.compile(r"[A-Za-z][A-Za-z ,.]*")


def on_the_line(pieces: Sequence[Samples], pauses: Sequence[float], rate: int = STUDIO_RATE) -> list[bytes]:
    """One sentence in studio samples as the A-law octets of its pieces: band, level, silence around them.

    It is levelled as a whole, so that its pieces keep their tune. Where a piece begins and ends is seen in
    the studio's sound: of an s or sh hardly anything lies within the telephone band. After each piece but the
    last come `pauses` seconds.
    """
    sound = np.concatenate(pieces)
    line = levelled(band_limited(sound, rate))
    afters = [*pauses, EDGE_SECONDS]
    found = []
    for at, (start, end) in enumerate(pairwise([0, *_cuts(pieces, rate), len(sound)])):
        first, last = (round((start + edge) * LINE_RATE / rate) for edge in edges(sound[start:end], rate))
        before = EDGE_SECONDS if at == 0 else 0.0
        found.append(linear_to_alaw(with_silence(line[first:last], before, afters[at], len(pieces) == 1)))
    return found


def _cuts(pieces: Sequence[Samples], rate: int) -> list[int]:
    """Between the pieces, where it is quietest."""
    sound = np.concatenate(pieces)
    ends = np.cumsum([len(piece) for piece in pieces])[:-1]
    return [quietest(sound, int(end), rate) for end in ends]


def build(catalogue: Path, speak: Speak, language: str = "", only: str = "") -> int:
    """Renders every recording (or those of one language, or of the prompt `only`); gives how many.

    `only="numbers"` renders the parts of numbers and times. Raises `CatalogueError`.
    """
    entries = read_entries(catalogue)
    codes = [language] if language else [one.code for one in entries.language]
    count = 0
    for code in codes:
        wanted = renderings(entries, code, only)
        folder = catalogue.parent / "audio" / code
        folder.mkdir(parents=True, exist_ok=True)
        count += sum(_render(one, entries, speak, folder) for one in wanted)
    if not count:
        raise CatalogueError(f"{catalogue}: no prompt {only!r}")
    return count


def _render(one: Rendering, entries: Entries, speak: Speak, folder: Path) -> int:
    pauses = [PAUSE_SECONDS if said.endswith(("，", ",")) else 0.0 for said in one.segments[:-1]]
    pieces = on_the_line(_spoken(one, entries, speak), pauses)
    kept = [(stem, alaw) for stem, alaw in zip(one.stems, pieces, strict=True) if stem]
    for stem, alaw in kept:
        write_alaw(folder / f"{stem}.wav", alaw)
        print(f"{stem}.wav  {len(alaw) / LINE_RATE:.2f} s  {'|'.join(one.segments)}")
    return len(kept)


def _spoken(one: Rendering, entries: Entries, speak: Speak) -> list[Samples]:
    """The sentence with a comma after each segment, where it can be cut, and a full stop at its end.

    Without the full stop the voice does not come to rest.
    """
    english = one.voice.startswith(("a", "b"))
    comma, stop = (",", ".") if english else ("，", "。")
    *before, last = (said.lstrip("，,. ") for said in one.segments)
    segments = [said if said.endswith(_STOPS) else said + comma for said in before]
    segments.append(last if last.endswith(_STOPS) else last + stop)
    if len(segments) > 1 or english or not _FOREIGN.search(last):
        return speak(segments, one.voice, one.speed)
    return [_of_two_languages(segments[0], one, entries, speak)]


def _of_two_languages(text: str, one: Rendering, entries: Entries, speak: Speak) -> Samples:
    """「普通话请按一，for English, press two.」: what is English by the voice that speaks English."""
    english = entries.language_named("en")
    found: list[Samples] = []
    for said in (part for part in re.split(f"({_FOREIGN.pattern})", text) if _words(part)):
        foreign = _FOREIGN.match(said)
        voice, speed = (english.voice, english.speed) if foreign else (one.voice, one.speed)
        sound = np.concatenate(speak([said], voice, speed))
        first, last = edges(sound, STUDIO_RATE)
        found += [sound[first:last], np.zeros(round(BETWEEN_LANGUAGES * STUDIO_RATE))]
    return np.concatenate(found)


def _words(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _kokoro(voices: Path) -> Speak:
    from prompts.kokoro import Kokoro

    return Kokoro(voices).speak


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when all was rendered, 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m prompts.build", description="Render the announcements.")
    parser.add_argument("--voices", type=Path, required=True, help="folder of kokoro-js's .bin voices")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    parser.add_argument("--language", default="", metavar="CODE", help="one language")
    parser.add_argument("--only", default="", metavar="ID", help="one prompt, or `numbers`")
    chosen = parser.parse_args(arguments)
    try:
        count = build(chosen.catalogue, _kokoro(chosen.voices), chosen.language, chosen.only)
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
