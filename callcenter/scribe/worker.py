"""The process that transcribes: one JSON object a line in, one out, until its standard input ends.

It runs apart because recognition takes a whole core for seconds, and because an engine written in C++ may die
without taking the scribe with it. When the scribe dies, the input ends, and so does this.

What may be asked is said in `callcenter.scribe.ears`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

from callcenter.scribe.ears import Ears
from transcripts.engines import load_engine
from transcripts.lexicon import LexiconError, load_lexicon
from transcripts.recogniser import RecogniserError

NICENESS = 5
"""Calls that are under way on the same machine come first."""

BROKEN_MODEL = 3
"""Exit status where the model cannot be loaded."""


def main(engine: str, model: str, *lexicon: str) -> int:
    """Serves requests; the exit status is BROKEN_MODEL where the model cannot be loaded.

    `lexicon`: the file of a site's own words, or an empty word, and names; without it there is no second
    hearing.
    """
    os.nice(NICENESS)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    try:
        recogniser = load_engine(engine, Path(model), _listened_for(*lexicon))
    except (RecogniserError, LexiconError) as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN_MODEL
    ears = Ears(recogniser)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ears.answer(json.loads(line)), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


def _listened_for(site: str | None = None, *names: str) -> list[str]:
    if site is None:
        return []
    return load_lexicon(Path(site) if site else None).extended(names).listened_for()


if __name__ == "__main__":
    try:
        raise SystemExit(main(*sys.argv[1:]))
    except (KeyboardInterrupt, BrokenPipeError):  # the scribe is ending, or has ended
        os._exit(0)
