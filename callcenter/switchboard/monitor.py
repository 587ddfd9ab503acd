"""A supervisor on a call that goes on: listens, whispers to the agent, or joins.

We ring their telephone; their leg is on the call's record in the role `supervisor`, counts for no time of the
conversation, and is never recorded. They come and go without the call's noticing: it ends neither by them nor
with a word to the caller. Who is heard by whom is `sip/aio/conference.py`, laid over the bridge; it follows
the bridge where the call is sent on or an agent replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from typing import Any, Final

from callcenter.domain.calls import HungUpBy, Role
from callcenter.switchboard.dialling import Miss, Missed, dial
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from sip.aio.conference import Conference
from sip.aio.rtp import MediaStream

RING_SECONDS: Final = 30.0
"""How long the supervisor's telephone rings."""
MAY_MONITOR: Final = frozenset({"supervisor", "admin"})
"""Roles of an extension (`[[extension]] role`)."""

Audit = Callable[[str, Mapping[str, Any]], None]
"""Told of each `monitor_begin`, `monitor_change` and `monitor_end` with `call_id`, `supervisor`, `mode` and,
where there is one, `result`: what goes on record of it."""


class Mode(StrEnum):
    """LISTEN: hears both, nobody hears them. WHISPER: the agent hears them too. JOIN: everybody does."""

    LISTEN = "listen"
    WHISPER = "whisper"
    JOIN = "join"


class Why(Enum):
    """Why a supervisor is not on the call."""

    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    UNREACHABLE = "unreachable"


class MonitorRefused(Exception):
    """The message is for people: it says why, and what to do."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


_MISSES: Final = {
    Miss.BUSY: "is on another call; hang up there first",
    Miss.NO_ANSWER: "was not answered; try again",
    Miss.REJECTED: "refused the call; try again",
    Miss.UNREACHABLE: "is not there: see that the telephone is registered",
}


class Monitor:
    """One supervisor's time on one call: `begin`, `change` as often as wanted, `end`."""

    def __init__(self, live: LiveCall, audit: Audit) -> None:
        self._live, self._audit = live, audit
        self._conference = Conference()
        self._leg: Leg | None = None
        self._ringing: asyncio.Task[Leg | Missed] | None = None
        self._ended: asyncio.Task[None] | None = None
        self.supervisor = ""
        self.mode = Mode.LISTEN

    async def begin(self, supervisor: str, mode: Mode) -> None:
        """Rings the extension `supervisor`; returns when it is answered and hears what `mode` says.

        Raises MonitorRefused. A wait that is cancelled stops the ringing.
        """
        self.check(supervisor)
        self.supervisor, self.mode = supervisor, mode
        self._live.monitor = self
        try:
            self._leg = await self._ring()
        except MonitorRefused as refused:
            self._note("monitor_begin", refused.why.value)
            raise
        finally:
            if self._leg is None:
                self._live.monitor = None
        self._note("monitor_begin", "ok")
        self._live.overheard = True
        self._arrange()
        self._ended = asyncio.create_task(self._until_over(self._leg), name=f"monitor of {self._live.id}")

    def check(self, supervisor: str) -> None:
        """Raises MonitorRefused where `begin` would not even ring."""
        live = self._live
        known = {extension.number: extension.role for extension in live.board.settings.extensions}
        if known.get(supervisor) not in MAY_MONITOR:
            raise MonitorRefused(Why.FORBIDDEN, f"extension {supervisor} is no supervisor's: see its role")
        if live.caller.call.answered_at is None or live.book.closed:
            raise MonitorRefused(Why.CONFLICT, "nobody talks in this call now; wait for the answer")
        if any(leg.party == supervisor for leg in live.legs):
            raise MonitorRefused(Why.CONFLICT, f"extension {supervisor} is in this call already")
        if live.monitor is not None:
            who = live.monitor.supervisor
            raise MonitorRefused(Why.CONFLICT, f"extension {who} is on this call as supervisor; ask them")

    def change(self, mode: Mode) -> None:
        """Another mode, at once; while the telephone rings, the one to begin with.

        Raises MonitorRefused where the supervisor is not on the call (any more).
        """
        if self._leg is None and self._ringing is None:
            raise MonitorRefused(Why.CONFLICT, "no supervisor is on this call")
        self.mode = mode
        self._note("monitor_change", "ok")
        if self._leg is not None:
            self._arrange()

    def end(self) -> None:
        """The supervisor leaves, or is rung no longer. Once they are gone it does nothing."""
        if self._leg is not None:
            self._leave(HungUpBy.SYSTEM)
        elif self._ringing is not None:
            self._ringing.cancel()

    def rewired(self) -> None:
        """Another leg is bridged, or one has left: the call tells of it."""
        if self._leg is not None:
            self._arrange()

    # -- the leg ------------------------------------------------------------------------------------------

    async def _ring(self) -> Leg:
        live = self._live
        calling = dial(live, self.supervisor, Role.SUPERVISOR, RING_SECONDS)
        self._ringing = ringing = asyncio.create_task(calling, name=f"supervisor of {live.id}")
        try:
            await asyncio.wait({ringing})
        finally:
            self._ringing = None
            ringing.cancel()
            if not ringing.done() or ringing.cancelled():
                self._drop_ringing()
        if ringing.cancelled():
            raise MonitorRefused(
                Why.CONFLICT, "the supervisor's telephone rings no longer: they were not wanted"
            )
        return self._found(ringing.result())

    def _drop_ringing(self) -> None:
        for leg in [leg for leg in self._live.legs if leg.role is Role.SUPERVISOR]:
            self._live.drop_leg(leg, HungUpBy.SYSTEM)

    def _found(self, found: Leg | Missed) -> Leg:
        live = self._live
        if live.book.closed or (isinstance(found, Leg) and found.call.is_over):
            self._drop_ringing()
            raise MonitorRefused(Why.CONFLICT, "the call, or the supervisor's telephone, has ended meanwhile")
        if isinstance(found, Missed):
            why = Why.CONFLICT if found.why is Miss.BUSY else Why.UNREACHABLE
            raise MonitorRefused(why, f"extension {self.supervisor} {_MISSES[found.why]}")
        live.tell(None, live.board.now())
        return found

    async def _until_over(self, leg: Leg) -> None:
        await leg.call.over()
        if self._leg is leg:
            self._leave(None)

    def _leave(self, by: HungUpBy | None) -> None:
        live, leg = self._live, self._leg
        assert leg is not None
        self._leg = None
        live.overheard, live.monitor = False, None
        self._conference.close()
        live.drop_leg(leg, by)
        if not live.book.closed:
            live.tell(None, live.board.now())
        self._note("monitor_end", "ok")

    def _note(self, action: str, result: str) -> None:
        told = {"call_id": self._live.id, "supervisor": self.supervisor, "mode": self.mode.value}
        self._audit(action, {**told, "result": result})

    # -- who hears whom -----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        live, leg = self._live, self._leg
        assert leg is not None
        if leg not in live.legs or live.caller not in live.legs:
            self._conference.close()  # the call is ending
            return
        peer = next((each for each in live.legs if each.stream is live.caller.stream.peer), None)
        self._conference.arrange(hearing(self.mode, leg, live.caller, peer))


def hearing(
    mode: Mode, supervisor: Leg, caller: Leg, peer: Leg | None
) -> dict[MediaStream, list[MediaStream]]:
    """Whom each of them hears. `peer`: whom the caller talks with, None where nobody does."""
    if peer is None:
        heard = [supervisor.stream] if mode is Mode.JOIN else []
        return {caller.stream: heard, supervisor.stream: [caller.stream]}
    # In a call to the outside it is the caller who is one of ours.
    agent = caller if peer.outside and not caller.outside else peer
    hears = {caller.stream: [peer.stream], peer.stream: [caller.stream]}
    for leg in (caller, peer):
        if mode is Mode.JOIN or (mode is Mode.WHISPER and leg is agent):
            hears[leg.stream].append(supervisor.stream)
    return {**hears, supervisor.stream: [caller.stream, peer.stream]}
