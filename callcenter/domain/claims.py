"""A12: a returning caller goes to the agent who first served them, while that claim lasts. Pure.

The claim of the first agent lasts so many days from the caller's newest call: each call renews it, whoever
took that call. Once it has run out, or where the caller refuses that agent, the next to serve them has it.

What callers have said or shown besides is kept here as well: which agents they refuse, and that a number
calls to sell something, whose calls use no turn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

MOST: Final = 100_000
"""Claims that are kept; beyond, those that run out first are forgotten."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Until when (UTC) a caller belongs to an agent."""

    agent: str
    until: datetime


class Claims:
    """Claims by desk and caller's number."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], Claim] = {}

        self._refused: dict[tuple[str, str], frozenset[str]] = {}
        self._sales: dict[tuple[str, str], None] = {}

    def __len__(self) -> int:
        return len(self._claims)

    def holder(self, desk: str, caller: str, now: datetime, refused: Collection[str] = ()) -> str | None:
        """The agent who first served this caller, while that lasts and the caller does not refuse them."""
        claim = self._claims.get((desk, caller))
        if claim is None or claim.until <= now or claim.agent in refused:
            return None
        return claim.agent

    def served(
        self,
        desk: str,
        caller: str,
        agent: str,
        now: datetime,
        days: int,
        refused: Collection[str] = (),
    ) -> None:
        """An agent has answered this caller: that renews the claim there is, or makes one."""
        if not caller.removeprefix("+").isdigit():
            return  # who withholds their number is nobody in particular
        holder = self.holder(desk, caller, now, refused) or agent
        self._claims[desk, caller] = Claim(holder, now + timedelta(days=days))
        if len(self._claims) > MOST:
            self._forget(now)

    def refuse(self, desk: str, caller: str, agent: str) -> None:
        """The caller wants this agent no more: a claim of theirs is over."""
        claim = self._claims.get((desk, caller))
        if claim is not None and claim.agent == agent:
            del self._claims[desk, caller]
        refused = self._refused.pop((desk, caller), frozenset())
        self._refused[desk, caller] = refused | {agent}
        _bound(self._refused)

    def refused(self, desk: str, caller: str) -> frozenset[str]:
        """The agents whom the caller does not want."""
        return self._refused.get((desk, caller), frozenset())

    def mark_sales(self, desk: str, caller: str) -> None:
        """The caller wants to sell something."""
        self._sales[desk, caller] = None
        _bound(self._sales)

    def is_sales(self, desk: str, caller: str) -> bool:
        return (desk, caller) in self._sales

    def _forget(self, now: datetime) -> None:
        live = sorted(
            (item for item in self._claims.items() if item[1].until > now), key=lambda i: i[1].until
        )
        self._claims = dict(live[-(MOST * 9 // 10) :])


def _bound(kept: dict[tuple[str, str], Any]) -> None:
    """What was said first is forgotten first."""
    while len(kept) > MOST:
        del kept[next(iter(kept))]
