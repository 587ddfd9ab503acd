"""A short run of each fuzzer; `make fuzz` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.run import at_random
from tests.fuzz.targets import TARGETS
from tests.support import scaled

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_breaks_no_invariant(name: str) -> None:
    at_random(name, 500)


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_guided_run_finds_nothing(name: str) -> None:
    """By atheris where it is installed, at random otherwise."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", name, "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=scaled(120),
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
