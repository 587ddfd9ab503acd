"""The switchboards' live states as one, for pages: instants instead of texts, and who is where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_INSTANTS = ("at", "since")


@dataclass(frozen=True, slots=True)
class LiveView:
    """Calls in the order of their beginning, agents by number, queues by desk, parked calls by slot.

    `nodes` are the switchboards that have said something; without any nothing is known.
    """

    nodes: tuple[str, ...] = ()
    calls: list[dict[str, Any]] = field(default_factory=list)
    agents: list[dict[str, Any]] = field(default_factory=list)
    queues: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)

    def count(self, state: str) -> int:
        """How many calls are in that state."""
        return sum(call["state"] == state for call in self.calls)

    def agent(self, number: str) -> dict[str, Any] | None:
        return next((agent for agent in self.agents if agent["number"] == number), None)

    def calls_of(self, number: str) -> list[dict[str, Any]]:
        """The calls in which that extension has a leg that is not leaving."""
        return [
            call
            for call in self.calls
            if any(leg["party"] == number and not leg["leaving"] for leg in call["legs"])
        ]

    def waiting(self) -> list[dict[str, Any]]:
        """Everybody who waits in a queue, each with its desk; those who joined first first."""
        found = [{**caller, "desk": queue["desk"]} for queue in self.queues for caller in queue["callers"]]
        return sorted(found, key=lambda caller: caller["since"])


def live_view(states: Mapping[str, Mapping[str, Any]], desk: str = "") -> LiveView:
    """The states of every node together; those of one desk where it is named. An agent who is registered at
    several nodes is taken from the one that knows more."""
    parts = [_instants(state) for _, state in sorted(states.items())]
    agents: dict[str, dict[str, Any]] = {}
    for agent in (each for part in parts for each in part.get("agents", ())):
        known = agents.get(agent["number"])
        if known is None or (agent["registered"], bool(agent["call_id"])) > (
            known["registered"],
            bool(known["call_id"]),
        ):
            agents[agent["number"]] = agent
    view = LiveView(
        nodes=tuple(sorted(states)),
        calls=sorted(_all(parts, "calls"), key=lambda call: call["started_at"]),
        agents=[agents[number] for number in sorted(agents)],
        queues=sorted(_all(parts, "queues"), key=lambda queue: str(queue["desk"])),
        parked=sorted(_all(parts, "parked"), key=lambda parked: str(parked["slot"])),
    )
    return _of_desk(view, desk) if desk else view


def _of_desk(view: LiveView, desk: str) -> LiveView:
    return LiveView(
        view.nodes,
        [call for call in view.calls if call["desk"] == desk],
        [agent for agent in view.agents if desk in agent["desks"]],
        [queue for queue in view.queues if queue["desk"] == desk],
        view.parked,
    )


def _all(parts: list[Any], key: str) -> list[dict[str, Any]]:
    return [each for part in parts for each in part.get(key, ())]


def _instants(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _instants(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_instants(item) for item in value]
    if isinstance(value, str) and (key in _INSTANTS or key.endswith(("_at", "_since"))):
        return datetime.fromisoformat(value)
    return value
