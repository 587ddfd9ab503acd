"""Keeps us registered at a carrier: the registration machine, run by a user agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sip.aio.agent import UserAgent
from sip.message import Request, Response
from sip.moment import Moment
from sip.registration import Account, Registration, TrunkState

log = logging.getLogger(__name__)


class Trunk:
    """One registration at a carrier. `changed(trunk)` is called at every change of `state`."""

    def __init__(self, agent: UserAgent, account: Account, changed: Callable[[Trunk], None]) -> None:
        self.registration = Registration(account, agent.wire.local_toward(account.registrar))
        self.since: Moment = agent.now()
        """When the present state began."""
        self._agent = agent
        self._changed = changed
        self._timer: asyncio.TimerHandle | None = None

    @property
    def state(self) -> TrunkState:
        return self.registration.state

    def start(self) -> None:
        self._tick()

    def stop(self) -> None:
        """Takes our contact away at the carrier. `UserAgent.stop` waits for its answer for a while."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if request := self.registration.stop():
            self._send(request)

    # -- the user agent calls these -----------------------------------------------------------------------

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        before = self.state
        if again := self.registration.receive(request, response, moment.mono):
            self._send(again)
        self._after(before, moment)

    def timed_out(self, request: Request, moment: Moment) -> None:
        before = self.state
        self.registration.timed_out(moment.mono)
        self._after(before, moment)

    # -- inside -------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._timer = None
        moment = self._agent.now()
        before = self.state
        if request := self.registration.tick(moment.mono):
            self._send(request)
        self._after(before, moment)

    def _send(self, request: Request) -> None:
        self._agent.send(request, self.registration.account.registrar, self)

    def _after(self, before: TrunkState, moment: Moment) -> None:
        if self.state is not before:
            self.since = moment
            log.info("trunk state=%s why=%s", self.state.value, self.registration.why)
            self._changed(self)
        if self._timer is None and self.registration.deadline is not None:
            delay = max(0.0, self.registration.deadline - moment.mono)
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)
