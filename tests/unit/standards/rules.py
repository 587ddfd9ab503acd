"""A rule of each id with the least that it must have."""

from __future__ import annotations

from typing import Any, get_origin

from callcenter.domain.standards import KINDS, LEVELS, Rule
from callcenter.standards.building import required
from callcenter.standards.shape import hints_of

SAMPLES: dict[Any, Any] = {str: "文字", float: 0.5, int: 1}


def example(id: str, **more: Any) -> Rule:
    hints = hints_of(id)
    needed = {key: _sample(hints[key]) for key in required(KINDS[id])}
    if id in LEVELS:
        needed["limit"] = -20.0
    return KINDS[id](id=id, **{**needed, **more})


def _sample(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return ()
    return SAMPLES.get(hint, {})
