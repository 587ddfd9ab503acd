"""Transfers that telephones ask for: REFER (RFC 3515), and INVITE with Replaces (RFC 3891)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from callcenter.domain.masking import masked
from callcenter.switchboard.board import Board
from callcenter.switchboard.forwarding import ToPerson
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.lot import NoSlot
from callcenter.switchboard.orders import SendOn, Transferor
from callcenter.switchboard.park import ToSlot
from callcenter.switchboard.routing import (
    Nowhere,
    Route,
    ToDesk,
    ToExtension,
    ToOutside,
    route_outside,
)
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.walk import to_desk
from callcenter.switchboard.ways import NOWHERE, ToTrunk, Way
from sip.aio.call import Call
from sip.moment import Moment
from sip.refer import Refer, Replaces
from sip.replacing import is_named


class Forbidden(Exception):
    """The sender may not do this to that call."""


log = logging.getLogger(__name__)


class Transfers:
    """Decides what a REFER or a Replaces means for the calls there are."""

    def __init__(self, board: Board, stories: Mapping[str, Story]) -> None:
        self._board, self._stories = board, stories

    def referred(self, story: Story, leg: Leg, refer: Refer, moment: Moment) -> int:
        """A REFER on one of the story's legs: the status that answers it."""
        status = self._status(story, leg, refer)
        target = masked(refer.target.user or "")
        log.info(
            "refer call=%s party=%s target=%s status=%d", story.live.id, masked(leg.party), target, status
        )
        return status

    def _status(self, story: Story, leg: Leg, refer: Refer) -> int:
        if leg.outside:
            return 403  # whoever is outside does not send our agents about
        try:
            self._follow(story, leg, refer)
        except Forbidden:
            return 403
        except NotTalking:
            return 491  # ringing, a prompt, another transfer: later it may go
        return 202

    def _follow(self, story: Story, leg: Leg, refer: Refer) -> None:
        by = Transferor(leg, refer)
        found = self.find(refer.replaces) if refer.replaces else None
        if found is None:
            # No such dialog, or no more: the target is rung as if none had been named.
            self._blind(story, by, refer.target.user or "")
            return
        other, consult = found
        if consult.party != leg.party or other is story:
            raise Forbidden
        if other.talking:
            _join(story, leg, other, consult, by)
        elif consult is other.live.caller and consult.call.answered_at is None:
            self._blind(story, by, other.live.book.callee, instead_of=other)
        else:
            raise NotTalking

    def _blind(self, story: Story, by: Transferor, target: str, instead_of: Story | None = None) -> None:
        way = self.way(story, by.leg, target)
        story.partner(by.leg)  # both must be on the line
        story.order(SendOn(by, target, way, instead_of))

    def way(self, story: Story, leg: Leg, target: str) -> Way:
        """Where `target` leads for somebody whom `leg` transfers; `NOWHERE` for what it may not call."""
        board = self._board
        if target in board.lot.numbers:
            return self._to_slot(leg, target)
        match board.directory.route(target, None):
            case ToDesk(desk):
                return to_desk(board, desk, story.live.book.caller, board.now().utc)
            case ToExtension(extension):
                return ToPerson(extension.number, story.ring_timeout)
        outside = self._outside(leg, target)
        return ToTrunk(outside, story.ring_timeout) if isinstance(outside, ToOutside) else NOWHERE

    def _outside(self, leg: Leg, target: str) -> Route:
        """A number outside, for a transferor who may send callers there: theirs is the bill."""
        account = self._board.accounts.account(leg.party)
        extension = account.extension if account else None
        if leg.outside or extension is None or not extension.transfers_outside:
            return Nowhere()
        return route_outside(self._board.settings, target, extension, registered=True)

    def _to_slot(self, leg: Leg, slot: str) -> Way:
        board = self._board
        try:
            free = board.lot.free(slot)
        except NoSlot:
            return NOWHERE
        return ToSlot(board.lot, free, leg.party, board.settings.park.patience)

    # -- Replaces -----------------------------------------------------------------------------------------

    def find(self, replaces: Replaces) -> tuple[Story, Leg] | None:
        """The call and the leg whose dialog `replaces` names."""
        for story in self._stories.values():
            for leg in story.live.legs:
                if is_named(leg.call.session, replaces):
                    return story, leg
        return None

    def replaced(self, call: Call) -> tuple[Story, Leg]:
        """The leg that an INVITE's sender takes over, one of its own. Raises Forbidden or NotTalking."""
        for story in self._stories.values():
            for leg in story.live.legs:
                if leg.call is call.replaced:
                    if call.identity != (leg.call.identity or leg.party):
                        raise Forbidden
                    story.partner(leg)
                    return story, leg
        raise NotTalking


def _join(story: Story, leg: Leg, other: Story, consult: Leg, by: Transferor) -> None:
    """Joins the two that the transferor talks with. The call whose caller stays is the one that lasts."""
    stays, comes = story.partner(leg), other.partner(consult)
    if comes is other.live.caller and stays is not story.live.caller:
        other.join(by, leaves=consult, comes=stays, donor=story, remains=leg)
    else:
        story.join(by, leaves=leg, comes=comes, donor=other, remains=consult)
