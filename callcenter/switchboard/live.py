"""Publishes the live state: retained, so that who comes late has it at once, and only when it changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from callcenter.domain.cloudevents import encode, jsonable, rfc3339
from callcenter.domain.topics import live_topic
from callcenter.events.client import MqttClient
from callcenter.events.errors import Disconnected
from callcenter.switchboard.board import Board
from callcenter.switchboard.snapshot import AgentNow, Held, Now, snapshot

EVERY = 0.25
"""Seconds between two looks: at most four messages a second."""
ANYWAY = 8
"""Looks after which the state is made anew though nothing was put into the ledger."""


def look(board: Board) -> Now:
    """The board at this moment. Calls are as they were told last: nothing is computed anew for a look."""
    calls = list(board.calls.values())
    in_calls = {leg.party: live.id for live in calls for leg in live.legs}
    return Now(
        calls=[live.told for live in calls if live.told is not None and live.told.outcome is None],
        legs={leg.id: Held(leg.outside, leg.held_here, leg.leaving) for live in calls for leg in live.legs},
        agents=_agents(board, in_calls),
    )


def _agents(board: Board, in_calls: dict[str, str]) -> list[AgentNow]:
    registered = set(board.accounts.registered(board.now().mono))
    desks: dict[str, list[str]] = {}
    for desk in board.settings.desks:
        for number in desk.agents:
            desks.setdefault(number, []).append(desk.id)
    return [
        AgentNow(
            number=each.number,
            name=each.name,
            role=each.role,
            registered=each.number in registered,
            state="busy" if each.number in board.occupied else "idle",
            call_id=in_calls.get(each.number),
            desks=tuple(desks.get(each.number, ())),
        )
        for each in board.settings.extensions
    ]


class Live:
    """Numbers the states of one switchboard: `payload` is the next message, None where nothing changed."""

    def __init__(self, node: str, now: Callable[[], Now], clock: Callable[[], datetime]) -> None:
        self._node, self._now, self._clock = node, now, clock
        self._since = clock()
        self._last: dict[str, Any] | None = None
        self._sequence = 0

    def payload(self, *, again: bool = False) -> bytes | None:
        """`again`: also where nothing changed, for a broker that may have forgotten."""
        state = jsonable(snapshot(self._node, self._now()))
        if state == self._last and not again:
            return None
        self._last = state
        self._sequence += 1
        stamp = {"seq": self._sequence, "since": rfc3339(self._since), "at": rfc3339(self._clock())}
        return encode({**stamp, **state})


async def publish_live(client: MqttClient, board: Board, every: float = EVERY) -> None:
    """Publishes until cancelled. `since` and `seq` say which of two messages is the newer one."""
    live = Live(board.settings.node, lambda: look(board), lambda: datetime.now(UTC))
    topic = live_topic(client.site, board.settings.node)
    connection, puts, idle = 0, -1, 0
    while True:
        await client.wait_connected()
        again = client.connections != connection
        idle += 1
        if again or board.ledger.puts != puts or idle >= ANYWAY:
            puts, idle = board.ledger.puts, 0
            if (payload := live.payload(again=again)) is not None:
                with contextlib.suppress(Disconnected):  # said again at the next connection
                    connection = client.connections
                    await client.publish(topic, payload, retain=True)
        await asyncio.sleep(every)
