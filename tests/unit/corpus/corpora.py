"""A corpus of one dialogue, as JSON and two files that only have to be there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOOD: dict[str, Any] = {
    "standard": "vanke",
    "rings": 2,
    "hangup": "caller",
    "agent": "zf_xiaobei",
    "matter": "repair",
    "expect": {"opening": "pass", "closing": "fail"},
    "timeline": [
        {"leg": "agent", "start": 0.6, "end": 2.0, "text": "您好"},
        {"leg": "hold", "start": 3.0, "end": 21.0},
    ],
}


def lay(folder: Path, name: str = "one", **changed: Any) -> Path:
    """The JSON file of a dialogue; keys that are changed to None are left out."""
    value = {key: each for key, each in (GOOD | changed).items() if each is not None}
    for leg in ("agent", "caller"):
        (folder / f"{name}.{leg}.wav").touch()
    path = folder / f"{name}.json"
    path.write_text(json.dumps(value), "utf-8")
    return path
