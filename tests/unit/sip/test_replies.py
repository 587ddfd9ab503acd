"""Who waits for the answers to our re-INVITEs."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio.replies import Replies
from sip.effects import Change, Changed
from sip.errors import OfferRefused
from sip.sdp import Description
from tests.unit.sip.wire import SDP


async def test_each_gets_its_own() -> None:
    replies = Replies()
    one, two = Change("INVITE", SDP), Change("INVITE", SDP)
    first, second = replies.expect(one), replies.expect(two)
    replies.settle(Changed(Change("UPDATE", refresh=True), 200))  # nobody waits for a refresh
    description = Description.parse(SDP)
    replies.settle(Changed(one, 200, "OK", description))
    replies.settle(Changed(two, 488, "Not Acceptable Here"))
    assert await first is description
    with pytest.raises(OfferRefused) as caught:
        await second
    assert caught.value.status == 488


async def test_a_2xx_without_sdp_is_no_answer() -> None:
    replies = Replies()
    change = Change("INVITE", SDP)
    waiting = replies.expect(change)
    replies.settle(Changed(change, 200))
    with pytest.raises(OfferRefused):
        await waiting


async def test_whoever_stopped_waiting_disturbs_nobody() -> None:
    replies = Replies()
    changes = [Change("INVITE", SDP) for _ in range(3)]
    gone, also_gone, stays = [replies.expect(change) for change in changes]
    gone.cancel()
    also_gone.cancel()
    replies.settle(Changed(changes[0], 200, "OK", Description.parse(SDP)))
    replies.fail(ConnectionError())
    with pytest.raises(ConnectionError):
        await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
