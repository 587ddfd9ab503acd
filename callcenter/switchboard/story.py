"""What happens in a call, told from ring to goodbye."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from callcenter.domain.calls import EventName, HungUpBy, Outcome, Role
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.leg import Leg, Media
from callcenter.switchboard.live_call import LiveCall
from callcenter.switchboard.orders import Given, Joined, Order, Replaced, SendOn, Transferor, status_of
from callcenter.switchboard.originate import AGENT_SECONDS, reach_agent
from callcenter.switchboard.silence import tell_lost
from callcenter.switchboard.telling import announce
from callcenter.switchboard.ways import Guide, Left, Way, to_extension, unanswered
from sip.aio.call import Call
from sip.effects import Ending
from sip.errors import StateError
from sip.media import tones
from sip.moment import Moment
from sip.sdp import Agreement

log = logging.getLogger(__name__)

HowItEnded = tuple[Outcome, HungUpBy | None]

_REFUSALS = {Outcome.BUSY: 486, Outcome.NO_ANSWER: 480, Outcome.REJECTED: 603, Outcome.FAILED: 480}
_BUSY, _NO_ANSWER = ("busy", "busy-to-desk"), ("no-answer", "no-answer-to-desk")
"""What a caller hears whose transfer came to nothing: who is to call later, who goes back to the desk."""


class NotTalking(Exception):
    """A transfer was asked for while nobody is talking with the caller."""


class Story:
    """One call. `run` returns when it is over and everything is on record."""

    def __init__(
        self,
        live: LiveCall,
        prepared: tuple[bytes, Agreement] | None,
        way: Way,
        role: Role = Role.AGENT,
        agent_seconds: float = AGENT_SECONDS,
    ) -> None:
        self.live = live
        self._agent_seconds = agent_seconds
        self._refusal: int | None = None
        self.prepared = prepared
        """The answer to the caller's offer and what it agrees on; None: we called them, their own phone
        first."""
        self._way, self._role = way, role
        self._talker: Leg | None = None
        self._order: asyncio.Future[Order] | None = None
        self._by: Transferor | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: asyncio.Future[HungUpBy] = asyncio.get_running_loop().create_future()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.left_message = False
        """The caller has left a message; that is what came of the call if nobody talked with them."""
        self.done = asyncio.Event()
        """The call is over and on record."""

    # -- what others may ask for --------------------------------------------------------------------------

    def send_on(self, leaves: Leg, target: str, way: Way) -> None:
        """Sends whom `leaves` talks with elsewhere, as a page asks. Raises NotTalking."""
        self.partner(leaves)
        self.order(SendOn(Transferor(leaves), target, way))

    def sender(self, number: str | None) -> Leg:
        """The leg of ours that leaves where a page sends the other party on: that of the extension who asks,
        if it talks here; else the agent's. Raises NotTalking."""
        if self._talker is None or not self.talking:
            raise NotTalking
        for leg in (self._talker, self.live.caller):
            if leg.party == number and not leg.outside:
                return leg
        return self.live.caller if self._talker.outside else self._talker

    def to_extension(self, number: str) -> Way:
        """One extension, rung as long as each of this call's is."""
        return to_extension(number, self.ring_timeout)

    @property
    def ring_timeout(self) -> float:
        """Seconds that each of this call's phones rings."""
        return self._way.ring_timeout

    @property
    def talking(self) -> bool:
        """Somebody talks with the caller, and nothing else was ordered yet."""
        return self._order is not None and not self._order.done()

    def order(self, order: Order) -> None:
        """Ends the conversation as it is. Raises NotTalking if there is none."""
        if self._order is None or self._order.done():
            raise NotTalking
        if not isinstance(order, Replaced):
            self._by = order.by
        self._order.set_result(order)

    def partner(self, leg: Leg) -> Leg:
        """The one that `leg` talks with. Raises NotTalking."""
        talker = self._talker
        if not self.talking or talker is None or leg not in (talker, self.live.caller):
            raise NotTalking
        return talker if leg is self.live.caller else self.live.caller

    def join(self, by: Transferor, *, leaves: Leg, comes: Leg, donor: Story, remains: Leg) -> None:
        """A3 with consultation: `comes`, of another call, takes the place of `leaves` in this one.

        It is done here and now, before either phone can hang up: then nothing of it could be undone.
        """
        live, at = self.live, self.live.board.now()
        stays = self.partner(leaves)
        donor.live.book.transferred(stays.party, at)
        donor.live.release(comes, at)
        donor.live.tell(EventName.TRANSFERRED, at, {"target": stays.party, "result": "connected"})
        donor.order(Given(by, remains))
        if leaves is live.caller:
            self._stay(stays)
        live.part(leaves, at)
        outside = comes.outside
        talker = live.add_leg(Role.TARGET, comes.party, comes.call, comes.media, at, outside=outside)
        live.book.leg_answered(talker.id, at, talker.codec)
        live.book.transferred(talker.party, at)
        live.tell(EventName.TRANSFERRED, at, {"target": talker.party, "result": "connected"})
        self._connect_again(talker, at)
        self._see_off(by, leaves)
        self.order(Joined(by, talker))

    def replace(self, old: Leg, call: Call, media: Media, body: bytes, agreement: Agreement) -> None:
        """`call` takes over from `old`, a leg of the same party's (RFC 3891). Raises NotTalking or
        StateError; then all is as it was."""
        live, other = self.live, self.partner(old)
        sent = call.answer(body)
        party = call.invite.from_address.uri.user or old.party
        new = live.add_leg(old.role, party, call, media, sent, outside=old.outside)
        media.apply(agreement)
        live.book.leg_answered(new.id, sent, new.codec)
        if old is live.caller:
            live.caller = new
            self._watch()
        live.part(old, sent)
        live.drop_leg(old, HungUpBy.SYSTEM)
        live.bridge(new, other)
        live.tell(EventName.ANSWERED, sent, {"leg": new.id, "party": new.party})
        live.record(new, sent)
        self.order(Replaced(other if new is live.caller else new))

    def picked_up(
        self, call: Call, media: Media, body: bytes, agreement: Agreement, role: Role = Role.TARGET
    ) -> Leg:
        """`call` takes a parked caller, or one for whom others ring: answered, its leg on record. Raises
        StateError if it has gone."""
        live = self.live
        party = call.identity or call.invite.from_address.uri.user or ""
        sent = call.answer(body)
        leg = live.add_leg(role, party, call, media, call.invited_at)
        media.apply(agreement)
        live.book.leg_answered(leg.id, sent, leg.codec)
        return leg

    def stop(self, by: HungUpBy = HungUpBy.SYSTEM) -> None:
        """Ends the call."""
        if not self._stopped.done():
            self._stopped.set_result(by)

    # -- the story ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        live = self.live
        live.tell(EventName.STARTED, live.caller.call.invited_at)
        story = asyncio.create_task(self._tell(), name=f"story {live.id}")
        if self.prepared is not None:
            self._watch()
        try:
            ends: set[asyncio.Future[Any]] = {story, self._gone, self._stopped}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._order = None
            tasks = [story, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._by is not None:
            self._by.finish(487)  # whoever waits to hear of a transfer hears that it is over
        outcome, by = self._ending(story)
        if live.caller.vanished:
            await self._tell_talker()
        if not live.caller.call.is_over:
            live.caller.call.reject(self._refusal or _REFUSALS.get(outcome, 480))
        at = live.board.now() if live.caller.vanished else live.caller.call.ended_at or live.board.now()
        await live.finish(at, outcome, by)
        self.done.set()

    async def _tell(self) -> HowItEnded:
        if self.prepared is None:
            if (missed := await reach_agent(self.live, self._agent_seconds)) is not None:
                return unanswered(missed).outcome, HungUpBy.SYSTEM
            self._watch()
            self.live.caller.stream.play(tones.ringback(), loop=True)
        talker = await self._way.reach(self, Guide(self._role))
        if isinstance(talker, Left):
            self._refusal = talker.refusal
            return talker.outcome, HungUpBy.SYSTEM
        self._connect(talker)
        while True:
            match await self._talk(talker):
                case None:
                    by = talker.ended_by(await talker.call.over())
                    self.live.drop_leg(talker)
                    if talker.vanished:
                        await tell_lost(self.live.board, self.live.caller)
                        self.live.drop_leg(self.live.caller, HungUpBy.SYSTEM)
                    return Outcome.ANSWERED, by
                case SendOn() as order:
                    following = await self._send_on(talker, order)
                    if isinstance(following, Left):
                        if following.missed is not None:
                            await self._apologise()
                        return Outcome.ANSWERED, HungUpBy.SYSTEM
                    talker = following
                case Joined(transferor, talker):
                    transferor.finish(200)
                case Replaced(talker):
                    pass
                case Given(transferor, leg):
                    await transferor.leaves(leg)
                    return Outcome.ANSWERED, HungUpBy.SYSTEM

    def _ending(self, story: asyncio.Task[HowItEnded]) -> HowItEnded:
        if story.done() and not story.cancelled():
            if error := story.exception():
                log.error("call failed id=%s error=%r", self.live.id, error, exc_info=error)
                return Outcome.FAILED, HungUpBy.SYSTEM
            if not self._gave_up:
                return story.result()
        answered = self.live.book.answered_at is not None
        if self.left_message and not answered:
            return Outcome.MESSAGE, self._who_ended()
        if self._stopped.done():
            return (Outcome.ANSWERED if answered else Outcome.FAILED), self._stopped.result()
        return (Outcome.ANSWERED if answered else Outcome.ABANDONED), self._who_ended()

    def _who_ended(self) -> HungUpBy:
        ended = self.live.caller.call.ended
        if self.live.lost:
            return HungUpBy.NETWORK
        return self.live.caller.ended_by(ended) if ended else HungUpBy.CALLER

    @property
    def _gave_up(self) -> bool:
        """The caller's CANCEL was answered before they could be told what had become of their call."""
        call = self.live.caller.call
        ended = call.ended is not None and call.ended.by is Ending.THEM and call.answered_at is None
        return ended and self.prepared is not None

    # -- who stays, who leaves ----------------------------------------------------------------------------

    def _stay(self, leg: Leg) -> None:
        """The caller leaves by a transfer: `leg` is cared for now, and may come back to the caller."""
        self._way, self._role = self.to_extension(self.live.caller.party), Role.TARGET
        self.live.caller = leg
        self._watch()

    def _watch(self) -> None:
        self._start(self._until_gone(self.live.caller), f"caller of {self.live.id}")

    async def _until_gone(self, leg: Leg) -> None:
        await leg.call.over()
        if self.live.caller is leg and not self._gone.done():
            self._gone.set_result(None)

    def _see_off(self, by: Transferor, leg: Leg) -> None:
        self._start(self._drop_when_told(by, leg), f"transferor of {self.live.id}")

    async def _drop_when_told(self, by: Transferor, leg: Leg) -> None:
        await by.leaves(leg)
        self.live.drop_leg(leg, HungUpBy.SYSTEM)
        self.live.tell(None, self.live.board.now())

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- its steps ----------------------------------------------------------------------------------------

    def _connect(self, talker: Leg) -> None:
        """Connects the first agent: the caller hears them from here on, and both are recorded."""
        live, caller = self.live, self.live.caller
        zero = talker.call.answered_at
        assert zero is not None
        if caller.call.answered_at is not None:
            self._connect_again(talker, zero)
            live.record(caller, zero)
            return
        body, agreement = self._answer_for(talker)
        try:
            sent = caller.call.answer(body)
        except StateError:
            return  # the caller left in this very moment; `run` sees it
        caller.media.apply(agreement)
        live.book.leg_answered(caller.id, sent, caller.codec)
        live.bridge(caller, talker)
        live.tell(EventName.ANSWERED, zero, {"leg": talker.id, "party": talker.party})
        live.record(caller, zero)  # after the legs are on record: the talker's may never have rung
        live.record(talker, zero)

    def _answer_for(self, talker: Leg) -> tuple[bytes, Agreement]:
        """The caller's answer: with the talker's codec where they offered it, so that none is converted."""
        assert self.prepared is not None
        media, offered = self.live.caller.media, self.live.caller.call.remote
        if media.settled or offered is None or media.codec == talker.codec:
            return self.prepared
        return media.answer(offered, talker.media)

    async def _talk(self, talker: Leg) -> Order | None:
        """Until the agent hangs up (None) or something else was ordered."""
        self._talker = talker
        self._order = order = asyncio.get_running_loop().create_future()
        over = asyncio.create_task(talker.call.over(), name=f"agent of {self.live.id}")
        try:
            ends: set[asyncio.Future[Any]] = {over, order}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return order.result() if order.done() else None
        finally:
            over.cancel()
            order.cancel()

    async def _send_on(self, talker: Leg, order: SendOn) -> Leg | Left:
        """A3, A4: who stays is sent to the target; busy or unanswered, they hear so and come back."""
        live, by = self.live, order.by
        if by.leg is live.caller:
            self._stay(talker)
        live.book.transferred(order.target, live.board.now())
        live.part(by.leg, live.board.now())
        live.caller.stream.play(tones.ringback(), loop=True)
        if by.refer is None:
            live.drop_leg(by.leg, HungUpBy.SYSTEM)
        else:
            self._see_off(by, by.leg)
        result = await self._reach_target(order)
        missed = result.missed if isinstance(result, Left) else None
        by.finish(200 if missed is None else status_of(missed, order.way.anybody))
        outcome = "connected" if missed is None else missed.why.value
        live.tell(EventName.TRANSFERRED, live.board.now(), {"target": order.target, "result": outcome})
        live.book.passed("transfer", by.leg.party, order.target, live.board.now(), outcome)
        if missed is not None:
            result = await self._come_back(by, missed)
        elif isinstance(result, Leg) and self._way.connected:
            await asyncio.gather(
                announce(live, self._way.connected), announce(live, self._way.connected, leg=result)
            )
        if isinstance(result, Leg):
            answered = result.call.answered_at
            assert answered is not None
            self._connect_again(result, answered)
        return result

    async def _come_back(self, by: Transferor, missed: Missed) -> Leg | Left:
        """A4: they hear why they were not connected, and go where the desk's flow says."""
        live, back = self.live, self._way.back(missed)
        await announce(live, (_BUSY if missed.why is Miss.BUSY else _NO_ANSWER)[back.to_desk])
        live.caller.stream.play(tones.ringback(), loop=True)
        live.drop_leg(by.leg, HungUpBy.SYSTEM)  # the prompt was time enough; its phone may ring again
        live.board.agents.settle(by.leg.party)
        return await back.way.reach(self, Guide(self._role))

    async def _reach_target(self, order: SendOn) -> Leg | Left:
        if order.instead_of is not None:  # the transferor did not wait for its consultation's answer
            order.instead_of.stop()
            await order.instead_of.done.wait()
        by = order.by
        guide = Guide(Role.TARGET, by.headers, by.ringing, lambda: by.finish(200))
        return await order.way.reach(self, guide)

    def _connect_again(self, talker: Leg, at: Moment) -> None:
        self.live.bridge(self.live.caller, talker)
        self.live.tell(EventName.ANSWERED, at, {"leg": talker.id, "party": talker.party})
        self.live.record(talker, at)  # after the leg is on record: it may never have rung

    def answer_caller(self) -> None:
        """Answers the caller before anybody talks with them: a prompt, a menu or the queue is to be heard.
        Once is enough."""
        live, caller = self.live, self.live.caller
        if self.prepared is None or caller.call.answered_at is not None or caller.call.is_over:
            return
        body, agreement = self.prepared
        try:
            sent = caller.call.answer(body)
        except StateError:
            return  # the caller left in this very moment; `run` sees it
        caller.media.apply(agreement)
        live.book.leg_answered(caller.id, sent, caller.codec)

    async def _tell_talker(self) -> None:
        """The caller vanished: who talked with them hears so, unless they or a command end it first."""
        caller = self.live.caller
        for leg in [leg for leg in self.live.legs if leg.stream is caller.stream.peer]:
            told = asyncio.create_task(tell_lost(self.live.board, leg), name=f"lost caller {self.live.id}")
            over = asyncio.create_task(leg.call.over(), name=f"agent of {self.live.id}")
            ends: set[asyncio.Future[Any]] = {told, over, self._stopped}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in (told, over):
                task.cancel()
            await asyncio.gather(told, over, return_exceptions=True)
            self.live.drop_leg(leg, None if leg.call.is_over else HungUpBy.SYSTEM)

    async def _apologise(self) -> None:
        """Nobody at the desk can take the caller back: say so rather than cut them off."""
        await announce(self.live, "desk-unavailable")
