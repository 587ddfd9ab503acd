"""Which calls an agent knows, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from sip.aio import known
from sip.aio.known import KnownCalls
from tests.support import eventually
from tests.unit.sip.udp_peer import call_out, refuse_all, running


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "LINGER", 0.05)


async def test_a_call_that_is_over_is_known_for_a_while() -> None:
    async with running(refuse_all) as (agent, peer, _):
        one, other = call_out(agent, peer), call_out(agent, peer)
        calls = KnownCalls()
        for call in (one, other):
            calls.add(call)
        assert calls.of(one.call_id) == [one]
        assert list(calls) == [one, other]
        calls.forget_later(one)
        calls.forget_later(one)
        assert calls.over == 1
        await eventually(lambda: list(calls) == [other])
        assert (calls.of(one.call_id), calls.over) == ([], 0)
        calls.forget_later(one)  # not known any more: no timer
        assert calls.over == 0


async def test_when_closed_it_has_no_timers() -> None:
    async with running(refuse_all) as (agent, peer, _):
        calls = KnownCalls()
        calls.add(call_out(agent, peer))
        calls.forget_later(call_out(agent, peer))
        calls.forget_later(next(iter(calls)))
        assert calls.over == 1
        calls.close()
        await asyncio.sleep(0.1)
        assert (len(list(calls)), calls.over) == (1, 0)
