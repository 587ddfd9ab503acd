"""The Makefile, the scripts behind it, and CI's."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPTS = ("tools/find-python", "tools/make-venv", "tools/system-packages", "tools/test-python", ".ci/run")


def make(*words: str) -> str:
    """What make would do."""
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "target", ["setup", "demo", "test", "test-pythons", "lint", "bench", "fuzz", "soak", "clean", "help"]
)
def test_there_is_a_target(target: str) -> None:
    assert make(target)


def test_the_demo_takes_its_arguments() -> None:
    assert "callcenter demo --dialogues 'some where' --exit" in make(
        "demo", "ARGS=--exit", "DIALOGUES=some where"
    )


def test_the_soak_takes_its_length_and_seed() -> None:
    assert "tests.soak.run --minutes 5 --seed 7 --calls 100" in " ".join(
        make("soak", "MINUTES=5", "SEED=7", "CALLS=100").replace("\\", " ").split()
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_well_formed(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR
    assert "set -euo pipefail" in path.read_text("utf-8")
    checker = ["shellcheck"] if shutil.which("shellcheck") else ["bash", "-n"]
    done = subprocess.run([*checker, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run(script: str, *words: str, path: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": "/nonexistent"}
    return subprocess.run(
        ["/bin/bash", ROOT / script, *words], env=environment, capture_output=True, text=True, check=False
    )


def test_no_python_is_explained(tmp_path: Path) -> None:
    done = run("tools/find-python", path=str(tmp_path))
    assert done.returncode == 1
    assert "apt install python3.11" in done.stderr


def test_a_name_that_only_complains_is_no_python(tmp_path: Path) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert run("tools/find-python", "3.12", path=f"{tmp_path}:/nowhere").returncode == 1


def test_nothing_missing_needs_no_package(tmp_path: Path) -> None:
    wanted = tmp_path / "list"
    wanted.write_text("# a comment\nbash  bash\n/etc/pass*  base-passwd\n")
    done = run("tools/system-packages", str(wanted), path=os.environ["PATH"])
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_missing_is_named_by_its_package(tmp_path: Path) -> None:
    wanted = tmp_path / "list"
    wanted.write_text("no-such-program  some-package\n")
    for tool in ("bash", "id"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    done = run("tools/system-packages", str(wanted), path=str(tmp_path))  # no apt-get there
    assert done.returncode == 1
    assert "some-package" in done.stderr
