"""What `READS` says of each rule is what its judge's source can reach.

The source is read, not run: a branch that no call has taken yet counts as well. Names are followed through
the modules of `callcenter.judging`, and an attribute stands for every method of that name there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import callcenter.judging
from callcenter.domain.standards import KINDS, Standard
from callcenter.judging.judging import JUDGES
from callcenter.judging.reads import READS, Reads

FOLDER = Path(callcenter.judging.__file__).parent
WHOLE = {each.name for each in fields(Standard)} - {"rules"}
HEARD = {"agent", "caller", "agent_voice", "caller_voice", "duration"}
Key = tuple[str, str]
"""A module, and a name in it."""


class Source:
    """Every function and constant of the package, and where the names in it come from."""

    def __init__(self) -> None:
        self.bodies: dict[Key, ast.AST] = {}
        self.methods: dict[str, list[Key]] = {}
        self.imported: dict[Key, Key] = {}
        for path in FOLDER.glob("*.py"):
            for node in ast.parse(path.read_text("utf-8")).body:
                self._add(path.stem, node)

    def _add(self, module: str, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef():
                self.bodies[module, node.name] = node
            case ast.ClassDef(name=of, body=body):
                self.bodies[module, of] = ast.Module(
                    [each for each in body if not isinstance(each, ast.FunctionDef)], []
                )
                for each in body:
                    if isinstance(each, ast.FunctionDef):
                        self.bodies[module, f"{of}.{each.name}"] = each
                        self.methods.setdefault(each.name, []).append((module, f"{of}.{each.name}"))
            case ast.ImportFrom(module=str(where), names=names) if where.startswith("callcenter.judging."):
                for name in names:
                    self.imported[module, name.asname or name.name] = where.rsplit(".", 1)[1], name.name
            case ast.Assign(targets=[ast.Name(id=made)]) | ast.AnnAssign(target=ast.Name(id=made)):
                self.bodies[module, made] = node

    def reached(self, key: Key) -> set[Key]:
        """All that may run where it does."""
        found: set[Key] = set()
        waiting = [key]
        while waiting:
            here = waiting.pop()
            here = self.imported.get(here, here)
            if here in self.bodies and here not in found:
                found.add(here)
                waiting += self._named(here)
        return found

    def _named(self, key: Key) -> Iterator[Key]:
        for node in ast.walk(self.bodies[key]):
            if isinstance(node, ast.Name):
                yield key[0], node.id
            elif isinstance(node, ast.Attribute):
                yield from self.methods.get(node.attr, ())


SOURCE = Source()


def derived(id: str) -> Reads:
    judge = JUDGES[id]
    bodies = [
        SOURCE.bodies[key] for key in SOURCE.reached((judge.__module__.rsplit(".", 1)[1], judge.__name__))
    ]
    parts: dict[str, set[str]] = {}
    for body in bodies:
        for rule, names in rule_parts(body).items():
            parts.setdefault(rule, set()).update(names)
    parts.pop(id, None)
    attributes = [node for body in bodies for node in ast.walk(body) if isinstance(node, ast.Attribute)]
    whole = {node.attr for node in attributes if node.attr in WHOLE and is_of(node, "standard")}
    whole |= {node.attr for node in attributes if node.attr == "thresholds"}  # a hearing has them as well
    return Reads(
        {rule: tuple(sorted(names)) for rule, names in sorted(parts.items())},
        tuple(sorted(whole)),
        any(node.attr == "names" and is_of(node, "case") for node in attributes),
        any(node.attr in HEARD and is_of(node, "case") for node in attributes),
    )


def is_of(node: ast.Attribute, *names: str) -> bool:
    """`case.names`, `case.standard.thresholds`."""
    match node.value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names
    return False


def rule_parts(body: ast.AST) -> dict[str, set[str]]:
    """What a function reads of the rules that it asks a standard for, by the rule's id."""
    asked = {variable: id for node in ast.walk(body) for variable, id in assigned(node)}
    read: dict[str, set[str]] = {id: set() for id in asked.values()}
    for node in ast.walk(body):
        match node:
            case ast.Attribute(value=ast.Name(id=variable), attr=name) if variable in asked:
                read[asked[variable]].add(name)
    return read


def assigned(node: ast.AST) -> Iterator[tuple[str, str]]:
    """`limit, ask = standard.rule("wait_limit"), standard.rule("ask_to_wait")`."""
    match node:
        case ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call() as call) if asks(call):
            yield variable, asks(call) or ""
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            for target, value in zip(targets, values, strict=True):
                if isinstance(target, ast.Name) and isinstance(value, ast.Call) and (id := asks(value)):
                    yield target.id, id


def asks(call: ast.Call) -> str | None:
    match call:
        case ast.Call(func=ast.Attribute(attr="rule"), args=[ast.Constant(value=str(id))]):
            return id
    return None


def judges() -> set[Key]:
    return set().union(
        *(SOURCE.reached((each.__module__.rsplit(".", 1)[1], each.__name__)) for each in JUDGES.values())
    )


@pytest.mark.parametrize("id", KINDS)
def test_the_table_says_what_the_source_does(id: str) -> None:
    wanted = derived(id)
    said = READS[id]
    parts = {rule: tuple(sorted(names)) for rule, names in sorted(said.parts.items()) if rule != id}
    assert (parts, said.whole, said.names, said.hears) == (
        wanted.parts,
        wanted.whole,
        wanted.names,
        wanted.hears,
    )


def test_a_standards_rules_are_asked_for_by_their_names_alone() -> None:
    """So that the derived table can see them: in an assignment, with the rule's id written out."""
    for key in judges():
        body = SOURCE.bodies[key]
        seen = sum(1 for node in ast.walk(body) for _ in assigned(node))
        calls = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
        of_rules = [
            call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "rule"
        ]
        assert seen == len(of_rules), key


def test_nothing_is_read_by_a_name_that_is_made_up() -> None:
    for key in judges():
        names = {node.id for node in ast.walk(SOURCE.bodies[key]) if isinstance(node, ast.Name)}
        assert not names & {"getattr", "vars", "eval", "globals"}, key


def test_the_standard_is_given_whole_to_nobody_outside() -> None:
    """Nobody but `judge` goes through its rules, and its name and digest decide nothing."""
    for key in judges() - {("judging", "judge")}:
        for node in ast.walk(SOURCE.bodies[key]):
            if isinstance(node, ast.Attribute) and is_of(node, "standard"):
                assert node.attr in {"rule", "thresholds", "cadence", "max_rings"}, key
