"""The process that keeps uploads answers each question in a line, whatever is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prompts.worker import answer
from tests.support import scaled
from tests.unit.prompts.sounds import wav


def question(folder: Path, **changes: str) -> dict[str, Any]:
    (folder / "upload").write_bytes(wav())
    asked = {
        "root": str(folder / "prompts"),
        "language": "zh-CN",
        "id": "menu",
        "file": str(folder / "upload"),
        "name": "menu.wav",
        "text": "报修请按一",
        "now": "2026-11-22T05:00:00+00:00",
    }
    return asked | changes


def test_a_prompt_is_kept(tmp_path: Path) -> None:
    kept = answer(question(tmp_path))
    assert kept["seconds"] == pytest.approx(1.28, abs=0.05)
    assert (tmp_path / "prompts/zh-CN/menu.wav").is_file()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "../menu"}, "id '../menu' will not do"),
        ({"language": "x"}, "language 'x' will not do"),
        ({"file": "/nowhere/upload"}, "menu.wav: cannot be read: No such file"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, changes: dict[str, str], why: str) -> None:
    assert why in answer(question(tmp_path, **changes))["error"]


def test_it_answers_line_by_line_and_ends_with_its_input(tmp_path: Path) -> None:
    lines = [question(tmp_path), question(tmp_path, id="X")]
    done = subprocess.run(
        [sys.executable, "-m", "prompts.worker"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=True,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert "seconds" in first
    assert "will not do" in second["error"]
