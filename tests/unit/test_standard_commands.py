from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli import app

OWN = """extends = "vanke"
name = "haitang"
title = "海棠花园服务标准"
version = "1"
[rule.opening]
names = ["海棠物业"]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_good_file() -> None:
    Path("own.toml").write_text(OWN, "utf-8")
    told = CliRunner().invoke(app, ["standard", "check", "own.toml"])
    assert told.exit_code == 0
    assert "标准无误 the standard is good: own.toml haitang 1+" in told.output


def test_one_that_ships_is_checked_by_its_name() -> None:
    told = CliRunner().invoke(app, ["standard", "check", "sunac"])
    assert told.exit_code == 0 and "the standard is good: sunac sunac " in told.output


def test_a_page_that_cannot_be_written_is_explained_in_one_line() -> None:
    told = CliRunner().invoke(app, ["standard", "explain", "vanke", "--html", "nowhere/x.html"])
    assert told.exit_code == 2
    assert told.output == "callcenter: nowhere/x.html: No such file or directory\n"


def test_what_is_probably_not_meant_is_a_note() -> None:
    Path("own.toml").write_text(OWN + '[rule.closing]\nadd.phrases = ["慢走"]\n', "utf-8")
    told = CliRunner().invoke(app, ["standard", "check", "own.toml"])
    assert told.exit_code == 0 and "提示 note: rule.closing.phrases: '慢走' is so short" in told.output


def test_every_mistake_is_told_and_the_status_is_not_0() -> None:
    Path("own.toml").write_text(OWN.replace("names", "nmaes").replace("title", "titel"), "utf-8")
    told = CliRunner().invoke(app, ["standard", "check", "own.toml"])
    text = " ".join(told.output.split())
    assert told.exit_code == 2
    assert "own.toml: title: is missing" in text and "did you mean 'title'" in text
    assert (
        "own.toml: rule.opening.nmaes: there is no such key in the rule opening; did you mean 'names'" in text
    )
    assert "Traceback" not in told.output


@pytest.mark.parametrize("file", ["none.toml", "none"])
def test_a_file_that_is_not_there(file: str) -> None:
    told = CliRunner().invoke(app, ["standard", "check", file])
    assert told.exit_code == 2 and "none.toml: file: cannot be read" in told.output


def test_list_and_explain() -> None:
    assert "vanke" in CliRunner().invoke(app, ["standard", "list"]).output
    Path("own.toml").write_text(OWN, "utf-8")
    assert "海棠物业" in CliRunner().invoke(app, ["standard", "explain", "own.toml"]).output
    assert (
        "Accepted wordings" in CliRunner().invoke(app, ["standard", "explain", "vanke", "--english"]).output
    )
    told = CliRunner().invoke(app, ["standard", "explain", "vanke", "--html", "vanke.html"])
    assert told.exit_code == 0 and Path("vanke.html").exists()
    assert CliRunner().invoke(app, ["standard", "explain", "nobody"]).exit_code == 2
