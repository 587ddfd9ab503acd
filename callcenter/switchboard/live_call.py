"""A call while it lasts: its legs, its book, its recordings, and the way both are told to the ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from callcenter.domain.book import CallBook
from callcenter.domain.calls import CallFacts, Direction, EventName, HungUpBy, Outcome, RecordingFacts, Role
from callcenter.domain.masking import masked
from callcenter.store.ledger import (
    CallChanged,
    CallRecorded,
    RecordingClosed,
    RecordingDiscarded,
    RecordingOpened,
)
from callcenter.switchboard.board import Board
from callcenter.switchboard.keypad import KeyBy
from callcenter.switchboard.leg import Leg, Media
from callcenter.switchboard.patience import limits_for
from callcenter.switchboard.silence import SilenceWatch
from callcenter.switchboard.warnings import Warnings
from sip.aio.call import Call
from sip.aio.recorder import Track
from sip.effects import Changed, Offered
from sip.errors import PeerError
from sip.media import tones
from sip.media.growing import suffix
from sip.moment import Moment
from sip.refer import Refer
from sip.sdp import Description, settle

if TYPE_CHECKING:
    from callcenter.switchboard.monitor import Monitor
    from callcenter.switchboard.notice import Notices
    from callcenter.switchboard.picking import Picking

log = logging.getLogger(__name__)


class LiveCall:
    """Bookkeeping and media of one call. What happens in it is told in `callcenter.switchboard.story`."""

    def __init__(self, board: Board, book: CallBook, call: Call, media: Media) -> None:
        self.board = board
        self.book = book
        self.legs: list[Leg] = []
        self.on_refer: Callable[[Leg, Refer, Moment], int] = lambda leg, refer, moment: 603
        inbound = book.direction is Direction.INBOUND
        self.caller = self.add_leg(Role.CALLER, book.caller, call, media, call.invited_at, outside=inbound)
        self.told: CallFacts | None = None
        """What was put into the ledger last."""
        self.lost = False
        """A party vanished in mid-call, whoever ended it then."""
        self.picking: Picking | None = None
        """While its telephones ring: how somebody else picks it up."""
        self.monitor: Monitor | None = None
        """A supervisor's, who is rung or on the call."""
        self.notice: Notices | None = None
        """Tells parties that the call is recorded, and says who may be; None: nobody is told."""
        self.warnings = Warnings(self, limits_for(board, book))
        self.overheard = False
        """A conference lies over the bridge, which lets no keys through."""
        self._closing: list[asyncio.Task[None]] = []
        self._silence = SilenceWatch(self.legs, board.settings.sip.media_timeout, self._give_up)

    @property
    def id(self) -> str:
        return self.book.id

    def tell(self, event: EventName | None, at: Moment, data: Mapping[str, Any] | None = None) -> None:
        """Puts the call's snapshot, and what happened, into the ledger."""
        self.told = self.book.facts
        self.board.ledger.put(CallChanged(self.told, event, data or {}, at.utc))
        if event is not None:
            log.info("call %s id=%s caller=%s", event.value, self.id, masked(self.book.caller))

    # -- legs ---------------------------------------------------------------------------------------------

    def add_leg(
        self, role: Role, party: str, call: Call, media: Media, at: Moment, *, outside: bool = False
    ) -> Leg:
        """A leg whose INVITE was just received or sent; `outside`: over a trunk."""
        leg = Leg(uuid4().hex, role, party, call, media, outside=outside)
        self.legs.append(leg)
        if not outside:  # a number that a line asserts may be written like one of our extensions
            self.board.occupied[party] += 1
            self.board.agents.leg_began(party, calls=call.identity is not None)  # or do we call them?
        self.book.leg_invited(role, party, at, call.call_id, leg.id)
        call.on_offer = partial(self._answer_offer, leg)
        call.on_changed = partial(self._refreshed, leg)
        call.on_refer = lambda refer, moment: self.on_refer(leg, refer, moment)
        call.on_key = partial(self._pass_key_on, leg)
        leg.stream.on_digit = partial(self._tell_key, leg)
        return leg

    def drop_leg(self, leg: Leg, by: HungUpBy | None = None, reason: str = "") -> None:
        """Ends a leg: hangs up if it has not ended, closes its media, enters who ended it.

        `by` overrides what the leg itself knows: an agent's leg that ends because the caller hung up was
        ended by the caller.
        """
        if leg not in self.legs:
            return
        leg.call.hangup(reason)
        ended, at = leg.call.ended, leg.call.ended_at or self.board.now()
        status = ended.code if ended else 487 if leg.call.answered_at is None else None
        who = by or (leg.ended_by(ended) if ended else HungUpBy.SYSTEM)
        self._end_leg(leg, at, who, status)
        leg.stream.close()

    def part(self, leg: Leg, at: Moment) -> None:
        """Takes a leg out of the conversation; it lasts until it is dropped."""
        leg.leaving = True
        leg.stream.disconnect()
        self._rewired()
        self.warnings.resumed(leg)
        self.book.leg_left(leg.id, at)

    def release(self, leg: Leg, at: Moment) -> None:
        """Gives a leg away to another call: here it has ended, its session and its media go on."""
        leg.stream.recorder = None
        leg.stream.disconnect()
        self._end_leg(leg, at, HungUpBy.SYSTEM, None)

    def _rewired(self) -> None:
        if self.monitor is not None:
            self.monitor.rewired()

    def _end_leg(self, leg: Leg, at: Moment, by: HungUpBy, status: int | None) -> None:
        self.legs.remove(leg)
        self._rewired()
        self.warnings.resumed(leg)
        if not leg.outside:
            self._vacate(leg.party)
        figures = leg.stream.rtcp.figures
        self.book.leg_measured(leg.id, figures.loss, figures.jitter, figures.round_trip)
        self.book.leg_ended(leg.id, at, by, status)
        self.end_recording(leg, at)

    def _vacate(self, party: str) -> None:
        occupied = self.board.occupied
        occupied[party] -= 1
        if not occupied[party]:
            del occupied[party]
        self.board.agents.leg_ended(party)

    def bridge(self, one: Leg, other: Leg) -> None:
        """Lets two legs hear each other, and nobody else hear them."""
        for leg in (one, other):
            if leg.held_here:
                self.hold_here(leg, False, self.board.now())
            if self.notice is None or not self.notice.playing(leg):
                leg.stream.stop_playing()
            leg.pressed.forget()
        one.stream.connect(other.stream)
        self._rewired()
        if self.notice is not None:
            self.notice.again()
        self.warnings.talking(self.board.now().mono)
        self._silence.start()

    def _give_up(self, leg: Leg) -> None:
        log.warning("media lost call=%s leg=%s party=%s", self.id, leg.id, masked(leg.party))
        leg.vanished = True
        self.lost = self.lost or leg.role is not Role.SUPERVISOR
        leg.call.hangup('SIP;cause=408;text="RTP timeout"')

    # -- keys ---------------------------------------------------------------------------------------------

    def _pass_key_on(self, leg: Leg, key: str, milliseconds: int) -> None:
        """A key by INFO: for the other party as RTP events where it takes them, else by INFO too."""
        other = self._other(leg)
        if not leg.pressed.counts(key, KeyBy.INFO) or self._objection(leg, key):
            return
        if other is None:
            leg.pressed.put(key)
        elif other.stream.dtmf_pt is not None:
            other.stream.press(key, milliseconds)
        else:
            other.call.press(key)

    def _tell_key(self, leg: Leg, key: str) -> None:
        """A key by RTP events: the stream has passed it on, unless the other party takes none or a conference
        lies between."""
        other = self._other(leg)
        if not leg.pressed.counts(key, KeyBy.EVENT) or self._objection(leg, key):
            return
        if other is None:
            leg.pressed.put(key)
        elif other.stream.dtmf_pt is None:
            other.call.press(key)
        elif self.overheard:
            other.stream.press(key)

    def _objection(self, leg: Leg, key: str) -> bool:
        return self.notice is not None and self.notice.objects(leg, key)

    def _other(self, leg: Leg) -> Leg | None:
        return next((other for other in self.legs if other.stream is leg.stream.peer), None)

    # -- hold by the peer ---------------------------------------------------------------------------------

    def _answer_offer(self, leg: Leg, offered: Offered, moment: Moment) -> bytes | int:
        """A re-INVITE: hold, resume, or a phone's session refresh."""
        if offered.description is None:
            self._set_hold(leg, leg.held_here, moment)
            return leg.media.offer()
        try:
            body, agreement = leg.media.answer(offered.description)
        except PeerError as error:
            return error.status
        leg.media.apply(agreement)
        if leg.held_here:
            leg.stream.receiving = False
        self._set_hold(leg, leg.held_here or not agreement.sends, moment)
        return body

    def _refreshed(self, leg: Leg, changed: Changed, moment: Moment) -> None:
        """The answer to a session timer's re-INVITE may say that the phone's media has moved."""
        if not changed.change.refresh or changed.description is None or leg not in self.legs:
            return
        try:
            leg.media.apply(settle(Description.parse(changed.change.offer), changed.description))
        except PeerError as error:  # the media stays as it was
            log.warning("refresh not understood call=%s leg=%s error=%s", self.id, leg.id, error)

    def hold_here(self, leg: Leg, wanted: bool, moment: Moment) -> None:
        """Puts the call on hold for the leg's party, or takes it back, without its telephone's doing: it
        hears silence, and nothing of it is heard."""
        leg.held_here = wanted
        leg.stream.receiving = not wanted
        if wanted:
            leg.stream.play(tones.silence(), loop=True)
        else:
            leg.stream.stop_playing()
        self._set_hold(leg, wanted, moment)

    def _set_hold(self, leg: Leg, wanted: bool, moment: Moment) -> None:
        if leg.on_hold == wanted or self.book.closed or leg not in self.legs or leg.leaving:
            return
        if leg.role is Role.SUPERVISOR:
            return  # they keep nobody waiting
        leg.on_hold = wanted
        other = leg.stream.peer
        if wanted:
            self.book.held(leg.id, moment)
            self.warnings.held(leg, moment.mono)
            if other is not None:
                other.play(self.board.hold_music, loop=True)
        else:
            self.book.resumed(leg.id, moment)
            self.warnings.resumed(leg)
            if other is not None:
                other.stop_playing()
            if self.notice is not None:
                self.notice.again()
        event = EventName.HELD if wanted else EventName.RESUMED
        self.tell(event, moment, {"leg": leg.id, "role": leg.role.value, "party": leg.party})

    # -- recording ----------------------------------------------------------------------------------------

    def record(self, leg: Leg, started: Moment) -> None:
        """Records what the leg's party says, from `started` on; who has to be told first, from then on."""
        if self.notice is not None and not self.notice.may_record(leg):
            self.notice.record_later(leg, started)
            return
        self._record(leg, started)

    def record_message(self, leg: Leg, started: Moment) -> None:
        """Records what the leg's party wants to be recorded: no notice is needed for it."""
        self.end_recording(leg, started)
        self._record(leg, started)

    def _record(self, leg: Leg, started: Moment) -> None:
        zero = self.book.answered_at or started  # a message that nobody answered is its own zero
        leg.recordings += 1
        number = f"-{leg.recordings}" if leg.recordings > 1 else ""
        path = f"{started.utc:%Y/%m/%d}/{self.id}/{leg.id}{number}{suffix(leg.codec)}"
        leg.track = self.board.recorder.open(path, leg.stream.codec, started.mono)
        leg.stream.recorder = leg.track
        offset = max(0.0, started.mono - zero.mono)
        leg.recording = RecordingFacts(uuid4().hex, self.id, leg.id, path, leg.codec, started.utc, offset)
        self.board.ledger.put(RecordingOpened(leg.recording))

    def end_recording(self, leg: Leg, at: Moment) -> None:
        """The leg's recording is complete, if there was one; the leg may go on."""
        if leg.track is None or leg.recording is None:
            return
        leg.stream.recorder = None
        work = self._close_recording(leg.track, leg.recording, at)
        self._closing.append(asyncio.create_task(work, name=f"close recording {leg.id}"))
        leg.track = leg.recording = None

    def discard_recordings(self, *legs: Leg) -> None:
        """Deletes what is being recorded of these, of all who are on the line where none is named."""
        for leg in legs or self.legs:
            if leg.track is None or leg.recording is None:
                continue
            leg.stream.recorder = None
            task = asyncio.create_task(leg.track.discard(), name=f"discard recording {leg.id}")
            self._closing.append(task)
            self.board.ledger.put(RecordingDiscarded(self.id, leg.recording.id))
            leg.track = leg.recording = None

    async def _close_recording(self, track: Track, recording: RecordingFacts, at: Moment) -> None:
        seconds = await track.close(at.mono)
        if track.error is not None:
            log.error("recording failed call=%s leg=%s error=%s", self.id, recording.leg_id, track.error)
        done = replace(recording, finished=True, duration_seconds=seconds)
        self.board.ledger.put(RecordingClosed(done))

    # -- the end ------------------------------------------------------------------------------------------

    async def finish(self, at: Moment, outcome: Outcome, by: HungUpBy | None) -> None:
        """Ends every leg, closes the book and the recordings, and hands the call to the scribe."""
        self._silence.stop()
        self.warnings.stop()
        if self.notice is not None:
            self.notice.close()
        for leg in list(self.legs):
            self.drop_leg(leg, None if leg.call.is_over else by)
        self.book.close(at, outcome, by)
        self.board.ended[outcome] += 1
        self.tell(EventName.ENDED, at, {"outcome": outcome.value})
        await asyncio.gather(*self._closing)
        self._closing.clear()
        self.board.ledger.put(CallRecorded(self.id))
