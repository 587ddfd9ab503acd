"""What the web role needs of the outside: commands to the switchboard, and what happens, live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from callcenter.web.overheard import Overheard

LIVE = "callcenter.live"
"""The type under which a live state comes among the events."""


class Commands(Protocol):
    async def request(
        self,
        name: str,
        args: dict[str, Any],
        timeout: float,  # noqa: ASYNC109 - it becomes the error `unavailable`
    ) -> dict[str, Any]:
        """Sends a command and returns its result; `timeout` in seconds.

        Raises CommandError with the code not_found, conflict, forbidden, invalid or unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """What a role last said of itself (its retained status message, or its last will)."""

    state: str
    at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    trunks: Mapping[str, str] = field(default_factory=dict)
    """The switchboard's lines to the outside, each with its state in words."""
    flows: Mapping[str, str] = field(default_factory=dict)
    """The desks' flows: what runs, or why the newest text of a file was refused."""

    @property
    def online(self) -> bool:
        return self.state == "online"


class LiveBus(Protocol):
    """What the broker tells. `LiveHub` is the implementation that a role feeds."""

    @property
    def connected(self) -> bool: ...

    @property
    def roles(self) -> Mapping[str, RoleStatus]: ...

    @property
    def states(self) -> Mapping[str, Mapping[str, Any]]:
        """The newest live state of each switchboard, by its node (docs/events.md)."""
        ...

    @property
    def overheard(self) -> Overheard:
        """What the scribe hears of calls under way."""
        ...

    def subscribe(self) -> AsyncIterator[dict[str, Any]]:
        """CloudEvents as they arrive, from now on, until the iterator is closed; among them live states, of
        the type LIVE, with the node as subject, the state as data, and as JSON in `text`."""
        ...
