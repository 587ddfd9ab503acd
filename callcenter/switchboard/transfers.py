"""Transfers that telephones ask for: REFER (RFC 3515), and INVITE with Replaces (RFC 3891)."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from callcenter.domain.masking import masked
from callcenter.settings import Settings
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.orders import SendOn, Transferor
from callcenter.switchboard.ringing import group_of
from callcenter.switchboard.routing import ToDesk, ToExtension, route
from callcenter.switchboard.story import NotTalking, Story
from callcenter.switchboard.ways import NOWHERE, ToGroup
from sip.aio.call import Call
from sip.moment import Moment
from sip.refer import Refer, Replaces
from sip.replacing import is_named


class Forbidden(Exception):
    """The sender may not do this to that call."""


log = logging.getLogger(__name__)


class Transfers:
    """Decides what a REFER or a Replaces means for the calls there are."""

    def __init__(self, settings: Settings, stories: Mapping[str, Story]) -> None:
        self._settings, self._stories = settings, stories

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
        match route(self._settings, target, None):
            case ToDesk(desk):
                order = SendOn(by, target, ToGroup(group_of(desk)), instead_of)
            case ToExtension(extension):
                order = SendOn(by, target, story.to_extension(extension.number), instead_of)
            case _:
                order = SendOn(by, target, NOWHERE, instead_of)
        story.partner(by.leg)  # both must be on the line
        story.order(order)

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
