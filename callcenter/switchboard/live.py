"""Publishes the live state: retained, so that who comes late has it at once, and only when it changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from callcenter.domain.agents import Agent
from callcenter.domain.cloudevents import encode, jsonable, rfc3339
from callcenter.domain.topics import live_topic
from callcenter.events.client import MqttClient
from callcenter.events.errors import Disconnected
from callcenter.settings import Extension
from callcenter.switchboard.board import Board
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.snapshot import AgentNow, Held, Now, ParkedNow, QueueNow, Waiting, parts_of

EVERY = 0.25
"""Seconds between two looks: at most four messages a second."""
STEP = 15.0
"""Seconds to which the estimate of a whole wait is rounded: the least change of it would be told."""
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
        queues=_queues(board),
        parked=[
            ParkedNow(slot, parked.story.live.id, parked.story.live.caller.party, parked.since.utc, parked.by)
            for slot, parked in board.lot
        ],
        warn={live.id: _patience(live) for live in calls},
    )


def _patience(live: LiveCall) -> tuple[float, float]:
    hold = live.warnings.limits.hold
    return hold.agent, hold.supervisor


def _agents(board: Board, in_calls: dict[str, str]) -> list[AgentNow]:
    desks = _desks(board)
    return [
        _agent(each, board.agents.agent(each.number), desks, in_calls) for each in board.settings.extensions
    ]


def _agent(
    extension: Extension, agent: Agent, desks: dict[str, list[str]], in_calls: dict[str, str]
) -> AgentNow:
    return AgentNow(
        number=extension.number,
        name=extension.name,
        role=extension.role,
        registered=agent.phone,
        state=agent.state.value,
        reason=agent.reason,
        since=agent.since.utc,
        after=agent.after.value if agent.at_work else None,
        call_id=in_calls.get(extension.number),
        desks=tuple(desks.get(extension.number, ())),
    )


def _desks(board: Board) -> dict[str, list[str]]:
    """The desks by agent: those whose flow may ring them."""
    found: dict[str, list[str]] = {}
    for desk in board.settings.desks:
        groups = board.flows.of(desk.id).groups.values()
        for number in dict.fromkeys(each.number for group in groups for each in group.agents):
            found.setdefault(number, []).append(desk.id)
    return found


def _queues(board: Board) -> list[QueueNow]:
    """The callers in line, by desk."""
    lines: dict[str, list[Waiting]] = {}
    for place in board.distribution.waiting():
        live = board.calls.get(place.id)
        line = lines.setdefault(place.wanted.desk, [])
        caller = live.caller.party if live else place.wanted.caller
        waits = (board.now().mono - place.entered.mono) + place.estimate
        estimate = float(round(waits / STEP) * STEP)
        since = place.entered.utc
        line.append(Waiting(place.id, caller, len(line) + 1, since, estimate, place.virtual))
    return [QueueNow(desk, tuple(callers)) for desk, callers in sorted(lines.items())]


class Live:
    """Numbers the states of one switchboard: `payload` is the next message, None where nothing changed.

    What has not changed since the last state is not encoded anew: of many calls few change within a moment,
    and the sound of all of them shares the thread.
    """

    def __init__(self, node: str, now: Callable[[], Now], clock: Callable[[], datetime]) -> None:
        self._node, self._now, self._clock = node, now, clock
        self._since = rfc3339(clock())
        self._known: dict[tuple[str, str], tuple[object, str]] = {}
        self._last: dict[str, str] | None = None
        self._sequence = 0

    def payload(self, *, again: bool = False) -> bytes | None:
        """`again`: also where nothing changed, for a broker that may have forgotten."""
        lists = self._lists()
        if lists == self._last and not again:
            return None
        self._last = lists
        self._sequence += 1
        stamp = {
            "seq": self._sequence,
            "since": self._since,
            "at": rfc3339(self._clock()),
            "node": self._node,
        }
        head = encode(stamp).decode().removesuffix("}")
        return "".join((head, *(f',"{name}":[{text}]' for name, text in lists.items()), "}")).encode()

    def _lists(self) -> dict[str, str]:
        """Each list of the state as the JSON of its elements."""
        before, self._known = self._known, {}
        return {
            name: ",".join(self._text((name, id), values, make, before) for id, values, make in parts)
            for name, parts in parts_of(self._now()).items()
        }

    def _text(
        self,
        of: tuple[str, str],
        values: object,
        make: Callable[[], Mapping[str, Any]],
        before: Mapping[tuple[str, str], tuple[object, str]],
    ) -> str:
        known = before.get(of)
        text = known[1] if known and known[0] == values else encode(jsonable(make())).decode()
        self._known[of] = (values, text)
        return text


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
