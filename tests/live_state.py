"""The live state as whoever subscribes reads it."""

from __future__ import annotations

from typing import Any

from callcenter.domain.cloudevents import jsonable
from callcenter.switchboard.snapshot import Now, parts_of


def snapshot(node: str, now: Now) -> dict[str, Any]:
    """The state without its number, in JSON's types."""
    lists = {name: [jsonable(make()) for _, _, make in parts] for name, parts in parts_of(now).items()}
    return {"node": node, **lists}
