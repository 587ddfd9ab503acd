"""The recording notice of one call: who has heard that it is recorded, and who may therefore be recorded.

A party's recording begins at the later of their answer and the end of the notice that they heard; until then
nothing of them is kept. They hear it once a call: as early media while phones ring already, or once they are
answered. Who comes later, the target of a transfer outside, hears it when they are to be recorded, in place
of whom they are connected with. Agents hear none: they know. A notice that something else cut short (a hold,
a transfer) is played once more when that is over.

A party who objects, by a key, is not recorded, nor is anybody else in the call from there on; what was
recorded so far of those on the line is deleted, and they hear that it was understood.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final, Protocol

from callcenter.domain.calls import Hearing, Role
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.live_call import LiveCall
from sip.media import tones
from sip.media.clip import Clip
from sip.moment import Moment
from sip.sdp import Agreement

log = logging.getLogger(__name__)

AFTER_SECONDS: Final = 5.0
"""So long after the notice its key still means an objection, where nobody has asked for keys meanwhile."""


CONFIRMATION: Final = "recording-off"
"""The prompt that answers an objection."""


class Plan(Protocol):
    """What a desk's flow says of the notice (`[notice]`)."""

    @property
    def mode(self) -> str:
        """`early`, `answered` or `off`."""

    @property
    def prompt(self) -> str: ...

    @property
    def version(self) -> str:
        """Which wording, for the record."""

    @property
    def objection_key(self) -> str:
        """Empty: none."""


@dataclass(slots=True)
class _Telling:
    """A notice, its task while something of it is played. `ended`: when it was heard, or objected to, in
    monotonic seconds."""

    leg: Leg
    began: Moment
    task: asyncio.Task[None] | None = None
    ended: float | None = None

    @property
    def under_way(self) -> bool:
        return self.task is not None and not self.task.done()


class Notices:
    """Of one call, whose `notice` it becomes. `clip` is the notice in the caller's language."""

    def __init__(self, live: LiveCall, plan: Plan, clip: Clip) -> None:
        self._live, self._plan, self._clip = live, plan, clip
        self._heard: set[tuple[str, bool]] = set()
        self._tellings: dict[str, _Telling] = {}
        self._later: dict[str, tuple[Leg, Moment]] = {}
        self.objected = False
        """Somebody does not want the call to be recorded."""
        live.notice = self

    # -- for the call's story -----------------------------------------------------------------------------

    def begin_early(self, body: bytes, agreement: Agreement) -> None:
        """Lets a caller who is not answered yet hear the notice, then the ring-back tone, while phones ring.

        `body` is the answer that the 200 will repeat, `agreement` what it agrees on (RFC 3261 section
        13.2.1). Does nothing in another mode, or once they are answered or have heard it.
        """
        caller = self._live.caller
        begun = caller.call.answered_at is not None or caller.call.is_over or caller.id in self._tellings
        if self._plan.mode != "early" or begun or self.may_record(caller) or self.objected:
            return
        caller.media.apply(agreement)
        caller.call.ring(183, body)
        self._begin(caller)

    async def play(self, leg: Leg) -> None:
        """Until the leg's party has heard the notice, or is gone; at once where they need not hear it."""
        if self.may_record(leg) or self.objected:
            return
        await asyncio.wait({self._begin(leg)})

    def may_record(self, leg: Leg) -> bool:
        """Whether what the leg's party says may be kept from now on."""
        return not self.objected and (not self._concerns(leg) or _party(leg) in self._heard)

    # -- for the call itself ------------------------------------------------------------------------------

    def record_later(self, leg: Leg, started: Moment) -> None:
        """The leg is to be recorded from `started` on, or from when the notice was heard."""
        if self.objected:
            return
        self._later[leg.id] = leg, started
        self._begin(leg)

    def playing(self, leg: Leg) -> bool:
        """Whether the leg's party is hearing the notice."""
        telling = self._tellings.get(leg.id)
        return telling is not None and telling.under_way

    def again(self) -> None:
        """A hold is over, or two are bridged: who is to be recorded and was cut short hears it from its
        beginning."""
        for leg, _ in self._later.values():
            if not self._gone(leg):
                self._begin(leg)

    def objects(self, leg: Leg, key: str) -> bool:
        """Takes a key of the leg's: True where it was an objection. As RTP events it reached whom they are
        connected with as well; that is a tone to them."""
        telling = self._tellings.get(leg.id)
        if telling is None or key != self._plan.objection_key or self.objected:
            return False
        now = self._live.board.now()
        late = telling.ended is not None and now.mono - telling.ended > AFTER_SECONDS
        if late or (telling.ended is not None and leg.pressed.wanted):
            return False
        self._object(telling, now)
        return True

    def close(self) -> None:
        """The call is over."""
        now = self._live.board.now()
        for telling in self._tellings.values():
            if telling.under_way and telling.ended is None:
                self._note(telling, now, Hearing.CUT_SHORT)
            if telling.task is not None:
                telling.task.cancel()
        self._later.clear()

    # -- a notice -----------------------------------------------------------------------------------------

    def _concerns(self, leg: Leg) -> bool:
        """Whether the party is one who has to be told: the caller of a desk, whoever is outside."""
        if self._plan.mode == "off" or leg.role is Role.SUPERVISOR:
            return False
        return leg.outside or (leg.role is Role.CALLER and self._live.book.desk is not None)

    def _begin(self, leg: Leg) -> asyncio.Task[None]:
        telling = self._tellings.get(leg.id)
        if telling is None or telling.task is None or (telling.ended is None and telling.task.done()):
            telling = self._tellings[leg.id] = _Telling(leg, self._live.board.now())
            telling.task = asyncio.create_task(self._tell(telling), name=f"notice {self._live.id}")
        return telling.task

    async def _tell(self, telling: _Telling) -> None:
        live, leg = self._live, telling.leg
        complete = await leg.stream.play(self._clip).finished()
        now = live.board.now()
        if self.objected:
            await self._confirm(leg)
        else:
            # What is played to who has put us on hold is not sent.
            heard = complete and leg.stream.sending and not self._gone(leg)
            self._note(telling, now, Hearing.HEARD if heard else Hearing.CUT_SHORT)
            if heard:
                telling.ended = now.mono
                self._told(leg, now)
        if leg.call.answered_at is None and not self._gone(leg):
            leg.stream.play(tones.ringback(), loop=True)

    def _gone(self, leg: Leg) -> bool:
        return leg.call.is_over or leg not in self._live.legs or self._live.book.closed

    def _told(self, leg: Leg, now: Moment) -> None:
        self._heard.add(_party(leg))
        for waiting, started in [each for each in self._later.values() if _party(each[0]) == _party(leg)]:
            del self._later[waiting.id]
            if not self._gone(waiting):
                self._live.record(waiting, max(started, now, key=lambda at: at.mono))

    def _note(self, telling: _Telling, now: Moment, outcome: Hearing) -> None:
        live = self._live
        if live.book.closed:
            return
        live.book.noticed(telling.leg.id, self._plan.version, telling.began, now, outcome)
        live.tell(None, now)

    def _object(self, telling: _Telling, now: Moment) -> None:
        log.info("recording objected to call=%s leg=%s", self._live.id, telling.leg.id)
        self.objected = True
        self._later.clear()
        self._live.discard_recordings()
        self._note(telling, now, Hearing.OBJECTED)
        if telling.ended is None:
            telling.leg.stream.stop_playing()  # `_tell` goes on
        else:
            work = self._confirm(telling.leg)
            telling.task = asyncio.create_task(work, name=f"objection {self._live.id}")
        telling.ended = now.mono

    async def _confirm(self, leg: Leg) -> None:
        """Tells who has objected that it was understood."""
        live, began = self._live, self._live.board.now()
        if not self._gone(leg):
            await leg.stream.play(live.board.prompt(CONFIRMATION, live.book.language)).finished()
        if not live.book.closed:
            live.book.announced(leg.id, CONFIRMATION, began, live.board.now())


def _party(leg: Leg) -> tuple[str, bool]:
    """Whose leg it is: another telephone of theirs (RFC 3891) is no new party."""
    return leg.party, leg.outside
