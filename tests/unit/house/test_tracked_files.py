"""No merge leaves its marks in a file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
MARKER = re.compile(rb"^(?:<{7} |>{7} |\|{7} |={7}\r?$)", re.MULTILINE)
"""What git writes about the two sides of a conflict (and, with diff3, about where they came from)."""


def tracked() -> list[Path]:
    """The files of the repository; those of the folder where it is no checkout (a source archive)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        names = ("callcenter", "docs", "flows", "frontend/src", "prompts", "sip", "tests", "transcripts")
        return [path for name in names for path in (ROOT / name).rglob("*") if path.is_file()]
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def marked(content: bytes) -> bool:
    """Whether a text holds a conflict marker; what has a zero byte is no text."""
    return b"\0" not in content and MARKER.search(content) is not None


def test_no_file_holds_a_conflict_marker() -> None:
    files = [path for path in tracked() if path.is_file()]
    assert len(files) > 100
    assert [str(path.relative_to(ROOT)) for path in files if marked(path.read_bytes())] == []


@pytest.mark.parametrize("line", ["<" * 7 + " HEAD", ">" * 7 + " work/X", "=" * 7, "|" * 7 + " 1234567"])
def test_a_marker_is_recognised(line: str) -> None:
    assert marked(f"one\n{line}\ntwo\n".encode())


@pytest.mark.parametrize("line", ["=" * 8, "<" * 7, "a " + "<" * 7 + " b", "| a | b |"])
def test_what_only_looks_like_one_is_let_pass(line: str) -> None:
    assert not marked(f"one\n{line}\ntwo\n".encode())
