"""What may happen to a conversation other than its end: somebody is sent on, joined or replaced."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.leg import Leg
from callcenter.switchboard.ways import Way
from sip.refer import Refer

if TYPE_CHECKING:
    from callcenter.switchboard.story import Story

TELL_SECONDS: Final = 2.0
"""How long the answer to a REFER's final NOTIFY is waited for."""
GRACE_SECONDS: Final = 2.0
"""How long a transferor that knows the outcome may take to hang up by itself."""
_STATUSES: Final = {Miss.BUSY: 486, Miss.NO_ANSWER: 480, Miss.REJECTED: 603, Miss.UNREACHABLE: 480}


@dataclass(slots=True, eq=False)
class Transferor:
    """The leg that leaves by a transfer. `refer` is the REFER it sent; None: a page asked for it."""

    leg: Leg
    refer: Refer | None = None
    _finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes into the INVITE to the target (RFC 3892 section 2.2)."""
        referred_by = self.refer.referred_by if self.refer else ""
        return (("Referred-By", referred_by),) if referred_by else ()

    def ringing(self) -> None:
        """The target rings."""
        if self.refer is not None and not self._finished.is_set():
            self.leg.call.notify_transfer(180)

    def finish(self, status: int) -> None:
        """Tells the outcome; the first one told holds."""
        if self._finished.is_set():
            return
        self._finished.set()
        if self.refer is not None:
            self.leg.call.notify_transfer(status)

    async def told(self) -> None:
        """Until the transferor knows the outcome, as far as it can be told."""
        await self._finished.wait()
        with contextlib.suppress(TimeoutError):  # a phone that answers no NOTIFY is not waited for
            await asyncio.wait_for(self.leg.call.transfer_told(), TELL_SECONDS)

    async def leaves(self, leg: Leg) -> None:
        """Until `leg`, one of the transferor's, may be ended: it hung up, or the outcome is told.

        The leg that the REFER came on gets a little longer: most phones hang up by themselves.
        """

        async def wait() -> None:
            await self.told()
            if leg is self.leg:
                await asyncio.sleep(GRACE_SECONDS)

        ways = [asyncio.create_task(work, name="transferor leaves") for work in (wait(), leg.call.over())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()


@dataclass(frozen=True, slots=True)
class SendOn:
    """Lead who stays on `way`. `instead_of` ends before."""

    by: Transferor
    target: str
    way: Way
    instead_of: Story | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """An attended transfer came out: `talker` is on the line now."""

    by: Transferor
    talker: Leg


@dataclass(frozen=True, slots=True)
class Given:
    """The other party went to another call; `leg` is what remains here."""

    by: Transferor
    leg: Leg


@dataclass(frozen=True, slots=True)
class Replaced:
    """A leg was replaced by another of the same party's (RFC 3891); `talker` is on the line now."""

    talker: Leg


Order = SendOn | Joined | Given | Replaced


def status_of(missed: Missed, anybody: bool) -> int:
    """The final status that the transferor is told; `anybody`: there was one to ring."""
    return missed.status or (_STATUSES[missed.why] if anybody else 404)
