"""The process that writes stereo files: one JSON object a line in, one out, until its standard input ends.

It runs apart, and nicely, because an hour of sound takes seconds of a core, and because decoders are written
in C and may die.

Request: `{"legs": [[path, offset in seconds, right?], …], "path": "…/stereo.flac"}`.
Answer: `{"seconds": 61.5, "rate": 8000, "size": 700123, "missing": []}`, or `{"error": "…"}`.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callcenter.recordings.flac import Placed, WritingError, write_stereo
from callcenter.recordings.legs import AudioError

NICENESS = 10
"""Calls under way come first, and so does the scribe: nobody waits for this."""


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Writes what `request` asks for."""
    legs = [Placed(Path(path), offset, right) for path, offset, right in request["legs"]]
    try:
        return asdict(write_stereo(legs, Path(request["path"])))
    except (AudioError, WritingError) as error:
        return {"error": str(error)}


def main() -> None:
    os.nice(NICENESS)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line)), ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):  # the role is ending, or has ended
        os._exit(0)
