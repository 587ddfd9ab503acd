"""Each reason is one that some rule gives; the rules' own tests say when."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import callcenter.judging
from callcenter.domain.reasons import Code


def named() -> Iterator[str]:
    for path in Path(callcenter.judging.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "Code"
            ):
                yield node.attr


def test_each_reason_is_one_that_the_rules_give() -> None:
    assert set(named()) == {code.name for code in Code}
