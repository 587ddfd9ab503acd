"""`python -m prompts.worker`: keeps uploaded prompts, asked in lines of JSON on standard input.

A question has root, language, id, file (where the upload lies), name, text and now; the answer has seconds
and lufs, or error. It ends with its input.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from prompts.schema import CatalogueError
from prompts.upload import keep


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question."""
    try:
        kept = keep(
            Path(question["root"]),
            question["language"],
            question["id"],
            Path(question["file"]).read_bytes(),
            question["name"],
            question["text"],
            datetime.fromisoformat(question["now"]),
        )
    except CatalogueError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"{question['name']}: cannot be read: {error.strerror}"}
    return {"seconds": kept.seconds, "lufs": kept.lufs}


def main() -> int:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
