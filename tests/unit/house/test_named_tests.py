"""Every test that docs/sip-cases.md and sip/README.md name is there, and neither leaves a case out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
CASES = (ROOT / "docs" / "sip-cases.md").read_text("utf-8")
README = (ROOT / "sip" / "README.md").read_text("utf-8")
NAMED = re.compile(r"`(?:tests/)?([\w/]+\.py)::(\w+)`")
PROGRAMS = ["sipp", "baresip", "baresip-python", "linphone", "pyVoIP 1.6.8", "Kamailio"]
CANNOT = "peer cannot"
JOBS = ["register", "call", "hold", "blind transfer", "attended transfer", "DTMF", "TLS", "SRTP"]


@cache
def functions(file: str) -> frozenset[str]:
    """The names of a file's functions; the file is named as it lies below `tests`."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def interop() -> tuple[list[list[str]], dict[str, str]]:
    """The cells of the interop table, a list each row, and the tests that its numbers stand for."""
    section = README.partition("\n## Interop\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    numbered = dict(re.findall(r"^(\d+)\. `tests/[\w/]+\.py::(\w+)`$", section, flags=re.MULTILINE))
    return [[cell.strip() for cell in row] for row in rows], numbered


@pytest.mark.parametrize(("file", "name"), sorted({*NAMED.findall(CASES), *NAMED.findall(README)}))
def test_a_named_test_is_there(file: str, name: str) -> None:
    assert name in functions(file)


def test_every_case_names_a_test() -> None:
    sections = re.split(r"^## ", CASES, flags=re.MULTILINE)[1:]
    assert [section.partition(".")[0] for section in sections] == [str(n) for n in range(1, 27)]
    assert all(NAMED.search(section) for section in sections)


def test_every_cell_names_a_test_or_says_why_not() -> None:
    (head, _, *rows), numbered = interop()
    assert head[1:] == PROGRAMS
    assert [row[0] for row in rows] == JOBS
    assert {len(row) for row in rows} == {len(head)}
    cells = [cell for row in rows for cell in row[1:] if cell != CANNOT]
    assert all(re.search(r"\d", cell) for cell in cells)
    assert {number for cell in cells for number in re.findall(r"\d+", cell)} == set(numbered)


def test_what_a_program_cannot_do_is_explained() -> None:
    (_, _, *rows), _ = interop()
    cannot = {
        (program, row[0])
        for row in rows
        for program, cell in zip(PROGRAMS, row[1:], strict=True)
        if cell == CANNOT
    }
    section = README.partition("\n## Interop\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^- (.+?), ([\w ]+): \S", section, flags=re.MULTILINE)) == cannot
