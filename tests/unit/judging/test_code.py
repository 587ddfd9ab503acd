"""Which source the digest of the judging code covers."""

from __future__ import annotations

import ast
from pathlib import Path

from callcenter.judging.code import ROOT, code_digest, sources


def imports_of(path: Path) -> set[Path]:
    """The modules of ours that a module names in its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            file = ROOT / Path(*node.module.split(".")).with_suffix(".py")
            found |= {file} if file.is_file() else set()
    return found


def test_all_that_judges_is_covered() -> None:
    covered = set(sources())
    waiting = [path for path in covered if path.parent.name == "judging"]
    reached = set(waiting)
    while waiting:
        new = imports_of(waiting.pop()) - reached
        reached |= new
        waiting += new
    assert reached <= covered
    assert {ROOT / "transcripts/alignment.py", ROOT / "callcenter/domain/standards.py"} <= reached


def test_it_is_the_same_each_time() -> None:
    assert len(code_digest()) == 12
    assert code_digest() == code_digest.__wrapped__()
