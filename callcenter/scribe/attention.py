"""Warnings that come of what is said while it is said: events `warned`, to agent and supervisor, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Engine

from callcenter.domain.alerts import LIMITS, Alert, AlertLimits
from callcenter.domain.calls import Direction, EventName, Line, Role
from callcenter.judging.alerts import Watch
from callcenter.scribe.hands import Standing
from callcenter.scribe.terms import Terms
from callcenter.store import outbox
from callcenter.store.engine import session
from callcenter.store.listenings import Growing

ROLE = "scribe"
MOST = 1000
"""Recordings watched; beyond, the oldest is forgotten."""


class Attention:
    """What one scribe watches for, by recording."""

    def __init__(
        self,
        terms: Terms,
        engine: Engine,
        site: str,
        wake: Callable[[], None],
        limits: AlertLimits = LIMITS,
    ) -> None:
        """`wake` is called after each commit."""
        self._terms, self._engine, self._site, self._wake = terms, engine, site, wake
        self._limits = limits
        self._watches: dict[str, Watch] = {}

    async def heard(self, growing: Growing, standing: Standing) -> None:
        """Looks at what an agent has said so far, and tells what is to be told. Who answers a call of ours to
        the outside is no agent."""
        if growing.role == Role.AGENT.value and growing.call.direction != Direction.OUTBOUND.value:
            await asyncio.to_thread(self._look, growing, standing)

    def _look(self, growing: Growing, standing: Standing) -> None:
        offset = growing.offset_seconds
        words = [word.shifted(offset) for word in standing.words]
        alerts = self._watch(growing).look(
            words, standing.seconds + offset, speaking=bool(standing.partial), held=growing.held
        )
        if alerts:
            self._tell(growing, alerts)
            self._wake()

    def _watch(self, growing: Growing) -> Watch:
        if growing.id not in self._watches:
            standard, names = self._terms.standard(growing.call)
            first, line = growing.offset_seconds == 0.0, Line(growing.call.line)
            self._watches[growing.id] = Watch(standard, names, line, first, self._limits)
            if len(self._watches) > MOST:
                del self._watches[next(iter(self._watches))]
        return self._watches[growing.id]

    def _tell(self, growing: Growing, alerts: list[Alert]) -> None:
        now = datetime.now(UTC)
        with session(self._engine) as db:
            for alert in alerts:
                said = asdict(alert)
                data = {"for": said.pop("whom"), **said, "leg": growing.leg_id}
                outbox.add(
                    db,
                    role=ROLE,
                    site=self._site,
                    event=EventName.WARNED,
                    call=growing.call,
                    data=data,
                    now=now,
                )
