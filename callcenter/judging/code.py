"""Which code judges: what one release found is not taken over by another that would find otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
FOLDERS: Final = ("callcenter/judging", "callcenter/domain", "transcripts")
FILES: Final = ("callcenter/scribe/case.py",)
"""Where the code is by which a call's words come to findings. What is made of its rows is no part of it: that
is compared as it is."""
LIBRARIES: Final = ("pypinyin", "chinesecalendar")
"""Packages whose data a finding may hang on."""


def sources() -> Iterator[Path]:
    """The modules, in a fixed order."""
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).glob("*.py"))
    yield from (ROOT / file for file in FILES)


@cache
def code_digest() -> str:
    """12 hexadecimal digits of SHA-256: other source, or another release of a library, has another."""
    digest = hashlib.sha256(repr([version(each) for each in LIBRARIES]).encode())
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
