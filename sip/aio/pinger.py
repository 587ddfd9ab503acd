"""Asks a peer by OPTIONS whether it is there: `sip.ping`, run by a user agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sip.aio.agent import UserAgent
from sip.message import URI, Request, Response
from sip.moment import Moment
from sip.ping import Ping


class Pinger:
    """Pings `target` every `interval` seconds, from `start` to `stop`. `changed()` is called whenever it is
    known anew whether it is reachable."""

    def __init__(self, agent: UserAgent, target: URI, interval: float, changed: Callable[[], None]) -> None:
        self.ping = Ping(target, agent.wire.local_toward(target), interval)
        self.since: Moment = agent.now()
        """Since when it is as it is."""
        self._agent = agent
        self._changed = changed
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._tick()

    def stop(self) -> None:
        self.ping.stop()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    # -- the user agent calls these -----------------------------------------------------------------------

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        before = self.ping.reachable
        self.ping.receive(request, response, moment.mono)
        self._after(before, moment)

    def timed_out(self, request: Request, moment: Moment) -> None:
        before = self.ping.reachable
        self.ping.timed_out(request, moment.mono)
        self._after(before, moment)

    # -- inside -------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._timer = None
        moment = self._agent.now()
        before = self.ping.reachable
        if request := self.ping.tick(moment.mono):
            self._agent.send(request, self.ping.target, self)
        self._after(before, moment)

    def _after(self, before: bool | None, moment: Moment) -> None:
        if self.ping.reachable is not before:
            self.since = moment
            self._changed()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self.ping.deadline is not None:
            delay = max(0.0, self.ping.deadline - moment.mono)
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)
