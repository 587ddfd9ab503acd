"""One call leg in asyncio: a session with its moments, and the waits that a call's story is told in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sip import dtmf_info
from sip.aio.replies import Replies
from sip.effects import (
    Accepted,
    Change,
    Changed,
    Confirmed,
    Effect,
    Ended,
    Offered,
    Pressed,
    Progress,
    Referred,
    SendRequest,
    TransferTold,
)
from sip.message import URI, Request
from sip.moment import Moment
from sip.refer import Refer, replaces_of
from sip.replacing import replaceable
from sip.sdp import Description
from sip.session import Session, State

if TYPE_CHECKING:
    from sip.aio.agent import UserAgent
    from sip.transactions import Address

OfferHandler = Callable[[Offered, Moment], bytes | int]
"""Answers an offer (re-INVITE, UPDATE): SDP to accept it, a status code to refuse it.

Called where the datagram was read.
"""

ReferHandler = Callable[[Refer, Moment], int]
"""Answers a REFER: 202 to follow it (then tell with `Call.notify_transfer`), another status to refuse it.
Called where the datagram was read."""


class CallFailed(Exception):
    """An outgoing call was not accepted. `ended` says by whom and with which status."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"{ended.code} {ended.reason}")
        self.ended = ended


class Call:
    """A leg: made by `UserAgent.invite`, or handed to the agent's `on_call`.

    Moments are taken where the datagram was read. `ringing_at` is the first 180 (or the first 183 where
    `ringing_on_183`), received or sent.
    """

    def __init__(
        self,
        agent: UserAgent,
        session: Session,
        invited_at: Moment,
        *,
        flow: Address | None = None,
        identity: str | None = None,
        ringing_on_183: bool = False,
    ) -> None:
        self.agent = agent
        self.session = session
        self.flow = flow
        self.identity = identity
        """The user name that an incoming call was authenticated as; None for an outgoing one."""
        self.invited_at = invited_at
        self.progressed_at: Moment | None = None
        """The first 101 to 199 of the other side."""
        self.ringing_at: Moment | None = None
        self.answered_at: Moment | None = None
        self.ended_at: Moment | None = None
        self.ended: Ended | None = None
        self.remote: Description | None = None
        """The newest description from the other side: offer or answer."""
        self.replaced: Call | None = None
        """The call that the INVITE wants to take over (RFC 3891). Whether it may is for the user to decide:
        answer this call, move the other one's media to it, then hang up the other one."""
        self._replies = Replies()
        self._leave_user()
        self._ringing_on_183 = ringing_on_183
        self._final = asyncio.Event()  # answered, or ended
        self._over = asyncio.Event()
        self._told = asyncio.Event()

    def _leave_user(self) -> None:
        """Nobody is told: a call that is over lingers for late messages, its user's things need not."""
        self.on_offer: OfferHandler = lambda offered, moment: 488
        self.on_refer: ReferHandler = lambda refer, moment: 603
        self.on_progress: Callable[[Progress, Moment], None] = lambda progress, moment: None
        self.on_confirmed: Callable[[Confirmed, Moment], None] = lambda confirmed, moment: None
        """Told of the ACK of our 200; `remote` is set already where the ACK had the answer."""
        self.on_changed: Callable[[Changed, Moment], None] = lambda changed, moment: None
        """Told of the answer to each re-INVITE or UPDATE of ours, the session timer's refreshes too."""
        self.on_key: Callable[[str, int], None] = lambda key, milliseconds: None
        """Told of a key that the other side pressed by INFO."""

    def __repr__(self) -> str:
        return f"<Call {self.call_id} {self.session.state.value}>"

    @property
    def call_id(self) -> str:
        """The SIP Call-ID."""
        return self.session.dialog.call_id

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def request_uri(self) -> URI:
        """What an incoming INVITE asked for."""
        return self.invite.uri

    @property
    def invite(self) -> Request:
        """The INVITE, as received or as last sent."""
        assert self.session.initial is not None
        return self.session.initial

    # -- the callee's side --------------------------------------------------------------------------------

    def ring(self, code: int = 180, sdp: bytes = b"") -> None:
        """Sends 180, or another 1xx and early media's SDP. Does nothing once answered or ended."""
        if self.session.state is not State.INCOMING:
            return
        now = self.agent.now()
        self._perform(self.session.provisional(code, sdp, now.mono), now)
        self._note_ringing(code, self.agent.wire.sent_since(now))

    def answer(self, sdp: bytes) -> Moment:
        """Sends the 200. Raises StateError if the caller has gone; returns when it was sent.

        `remote` is None if the INVITE had no SDP: then `sdp` is our offer, and the ACK sets `remote`. Where
        early media's PRACK is still to come the 200 follows it (RFC 3262 section 3).
        """
        now = self.agent.now()
        self._perform(self.session.answer(sdp, now.mono), now)
        self.answered_at = self.agent.wire.sent_since(now)
        self._final.set()
        return self.answered_at

    def reject(self, code: int, reason: str | None = None) -> None:
        """Refuses the call, unless it has ended already."""
        if self.session.state is State.INCOMING:
            self._perform(self.session.reject(code, reason))

    # -- the caller's side --------------------------------------------------------------------------------

    async def answered(self) -> Description:
        """Waits for the 200 and returns its description. Raises CallFailed with the final status."""
        await self._final.wait()
        if self.answered_at is None or self.remote is None:
            assert self.ended is not None
            raise CallFailed(self.ended)
        return self.remote

    @property
    def early_media(self) -> dict[str, Description]:
        """Early media's SDP by To tag: a forked INVITE has as many as phones that send some."""
        return self.session.features.forks.early_media

    # -- both ---------------------------------------------------------------------------------------------

    async def reinvite(self, sdp: bytes) -> Description:
        """Offers `sdp` in a re-INVITE and returns the answer; the session stays as it was if it is refused.

        Waits for a re-INVITE that is under way, and after a 491 for a while (RFC 3261 section 14.1). Raises
        OfferRefused, CallFailed if the call ends meanwhile, StateError if it is not up.
        """
        return await self._change(Change("INVITE", sdp))

    async def update(self, sdp: bytes) -> Description:
        """The same in an UPDATE (RFC 3311), which the other side answers without asking its user."""
        return await self._change(Change("UPDATE", sdp))

    async def _change(self, change: Change) -> Description:
        now = self.agent.now()
        effects = self.session.features.change(change, now.mono)
        reply = self._replies.expect(change)
        self._perform(effects, now)
        return await reply

    def hangup(self, reason: str = "") -> None:
        """Ends the leg with CANCEL, refusal or BYE, as its state asks. Never raises; once is enough.

        `reason` is a Reason header, such as `SIP;cause=200;text="Call completed elsewhere"` (RFC 3326).
        """
        self._perform(self.session.hangup(reason))

    def notify_transfer(self, status: int) -> None:
        """Tells the sender of the last REFER what became of it: 1xx while it lasts, then one final status.

        Raises StateError where no REFER was accepted, or its final status is told already.
        """
        self._perform(self.session.referrals.notify(status))

    async def transfer_told(self) -> None:
        """Waits until the final status has reached the REFER's sender, or there is none to reach."""
        await self._told.wait()

    def press(self, key: str) -> None:
        """Tells the other side of a key by INFO; does nothing before the answer or after the end."""
        if self.session.state is State.CONFIRMED:
            info = self.session.dialog.request("INFO")
            dtmf_info.press(info, key)
            self._perform([SendRequest(info)])

    async def over(self) -> Ended:
        """Waits for the end."""
        await self._over.wait()
        assert self.ended is not None
        return self.ended

    def take(self, effect: Effect, moment: Moment) -> None:
        """An effect of the session that is for its user. Called by the agent."""
        match effect:
            case Progress():
                self.progressed_at = self.progressed_at or moment
                self._note_ringing(effect.code, moment)
                self.on_progress(effect, moment)
            case Accepted():
                self.answered_at = moment
                self.remote = effect.description
                self._final.set()
            case Offered():
                self._answer_offer(effect, moment)
            case Referred():
                self._told.clear()
                status = self.on_refer(effect.refer, moment)
                self._perform(self.session.referrals.answer(effect, status), moment)
            case TransferTold():
                self._told.set()
            case Ended():
                self.ended, self.ended_at = effect, moment
                self._final.set()
                self._over.set()
                self._replies.fail(CallFailed(effect))
                self._leave_user()
            case Changed():
                self.remote = effect.description or self.remote
                self.on_changed(effect, moment)
                self._replies.settle(effect)
            case Pressed():
                self.on_key(effect.key, effect.milliseconds)
            case Confirmed():
                self.remote = effect.description or self.remote
                self.on_confirmed(effect, moment)
            case _:
                raise TypeError(f"{effect} is not for the user")

    def _note_ringing(self, code: int, moment: Moment) -> None:
        if self.ringing_at is None and (code == 180 or (code == 183 and self._ringing_on_183)):
            self.ringing_at = moment

    def _answer_offer(self, offered: Offered, moment: Moment) -> None:
        verdict = self.on_offer(offered, moment)
        if isinstance(verdict, int):
            self._perform(self.session.refuse_offer(offered, verdict), moment)
        else:
            self.remote = offered.description or self.remote
            self._perform(self.session.answer_offer(offered, verdict, moment.mono), moment)

    def _perform(self, effects: list[Effect], moment: Moment | None = None) -> None:
        self.agent.perform(self, effects, moment or self.agent.now())


def replaced_by(invite: Request, calls: Callable[[str], Sequence[Call]]) -> Call | None:
    """The call, of those of a Call-ID, that an INVITE's Replaces names. Raises PeerError where it may not."""
    replaces = replaces_of(invite)
    if replaces is None:
        return None
    named = {call.session: call for call in calls(replaces.call_id)}
    return named[replaceable(named, replaces)]
