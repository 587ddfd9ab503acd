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
from transcripts.recogniser import RecogniserError

NICENESS = 5
"""Calls that are under way on the same machine come first."""

BROKEN_MODEL = 3
"""Exit status where the model cannot be loaded."""


def main(engine: str, model: str) -> int:
    """Serves requests; the exit status is BROKEN_MODEL where the model cannot be loaded."""
    os.nice(NICENESS)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    try:
        recogniser = load_engine(engine, Path(model))
    except RecogniserError as error:
        sys.stderr.write(f"{error}\n")
        return BROKEN_MODEL
    ears = Ears(recogniser)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ears.answer(json.loads(line)), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main(*sys.argv[1:3]))
    except (KeyboardInterrupt, BrokenPipeError):  # the scribe is ending, or has ended
        os._exit(0)
