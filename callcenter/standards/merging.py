"""Several files as one: what the later says goes before what the earlier says, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from callcenter.standards.errors import Problem
from callcenter.standards.instructions import ADD, INSTRUCTIONS, OFF, REMOVE
from callcenter.standards.layers import Layer

Table = dict[str, Any]


def merge(layers: Sequence[Layer]) -> tuple[Table, list[Problem]]:
    """All layers as one table, the deepest layer first; rules that are switched off are left out.

    Tables are merged; lists and values are replaced, but for what `add` and `remove` say of them.
    """
    whole: Table = {}
    problems: list[Problem] = []
    for layer in layers:
        below = whole.get("rule", {})
        rules = layer.values.get("rule", {})
        whole = _over(whole, {key: part for key, part in layer.values.items() if key != "rule"})
        whole["rule"] = {**below}
        for id, part in rules.items():
            whole["rule"][id], wrong = _rule(below.get(id, {}), part)
            problems += [Problem(layer.where, f"rule.{id}.{key}", reason) for key, reason in wrong]
    whole["rule"] = {
        id: _without_instructions(part) for id, part in whole["rule"].items() if not part.get(OFF)
    }
    return whole, problems


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    merged = dict(below)
    for key, part in above.items():
        both = isinstance(part, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _over(merged[key], part) if both else part
    return merged


def _without_instructions(part: Table) -> Table:
    return {key: value for key, value in part.items() if key not in INSTRUCTIONS}


def _rule(below: Table, above: Mapping[str, Any]) -> tuple[Table, list[tuple[str, str]]]:
    merged = _over(below, {key: part for key, part in above.items() if key not in (ADD, REMOVE)})
    wrong = list(_change(merged, above.get(REMOVE, {}), REMOVE))
    wrong += _change(merged, above.get(ADD, {}), ADD)
    return merged, wrong


def _change(target: Table, changes: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
    """Changes the lists of `target` (new ones take their place: the layer below keeps its own)."""
    for key, part in changes.items():
        if isinstance(part, Mapping):
            target[key] = dict(target.get(key, {}))
            for place, reason in _change(target[key], part, what):
                yield f"{what}.{key}.{place.removeprefix(what + '.')}", reason
        elif what == ADD:
            target[key] = _added(target.get(key, []), part)
        else:
            target[key], missing = _removed(target.get(key, []), part)
            for item in missing:
                yield f"{what}.{key}", _not_there(item, target[key])


def _added(inherited: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    """`more` behind `inherited`, none twice; a forbidden word that is there gets more proper phrases."""
    result = list(inherited)
    for item in more:
        same = next((number for number, each in enumerate(result) if _same(each, item)), None)
        if same is None:
            result.append(item)
        elif isinstance(item, Mapping):
            proper = _added(result[same].get("proper", []), item.get("proper", []))
            result[same] = {**result[same], "proper": proper}
    return result


def _same(one: Any, other: Any) -> bool:
    """The same phrase; or the same forbidden word in the same place."""
    return _place(one) == _place(other)


def _place(item: Any) -> tuple[Any, str]:
    return _word(item), item.get("where", "anywhere") if isinstance(item, Mapping) else ""


def _word(item: Any) -> Any:
    return item["word"] if isinstance(item, Mapping) else item


def _removed(inherited: Sequence[Any], less: Sequence[str]) -> tuple[list[Any], list[str]]:
    there = {_word(each) for each in inherited}
    return [each for each in inherited if _word(each) not in less], [
        each for each in less if each not in there
    ]


def _not_there(item: str, left: Sequence[Any]) -> str:
    near = get_close_matches(item, [_word(each) for each in left], n=1, cutoff=0.3)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{item!r} is not among what is inherited{hint}"
