"""The guard at work in a user agent: what is dropped, and what it says in the log."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from sip.aio.agent import UserAgent
from sip.aio.call import Call
from sip.guard import Guard, Limits, Offence, Rule
from tests.support import eventually
from tests.unit.sip.udp_peer import OFFER, Clock, Everybody, Peer

RULES = {offence: Rule(3, 60.0) for offence in Offence}
SOURCE = "127.0.0.1"


class Guarded:
    """A user agent whose guard allows two requests at once, and a stranger."""

    def __init__(self, limits: Limits) -> None:
        self.guard, self.clock, self.calls = Guard(limits), Clock(), list[Call]()
        self.agent = UserAgent(Everybody(), self._take, clock=self.clock, guard=self.guard)
        self.peer = Peer()

    async def _take(self, call: Call) -> None:
        self.calls.append(call)
        call.ring()
        await call.over()

    async def flood(self, count: int) -> None:
        """Requests that the kernel has delivered when it returns."""
        before = self.seen()
        for _ in range(count):
            self.peer.send(self.peer.make("OPTIONS"), self.agent)
        await eventually(lambda: self.seen() >= before + count)

    def seen(self) -> int:
        counters = self.guard.counters
        return counters["dropped"] + counters["throttled"] + self.peer.got.qsize()

    def move(self, seconds: float) -> None:
        self.clock.ahead += seconds
        self.agent._on_timer()


@pytest.fixture
async def guarded() -> AsyncIterator[Guarded]:
    made = Guarded(Limits(rate=0.001, burst=2, rules=RULES, transactions=10, dialogs=1))
    await made.agent.start("127.0.0.1", 0)
    await made.peer.start()
    yield made
    made.peer.transport.close()
    await made.agent.stop(grace=0.05)


async def test_what_is_too_much_is_dropped_and_then_nothing_is_read(
    guarded: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await guarded.flood(25)
    await eventually(lambda: guarded.peer.got.qsize() == 2)
    assert (guarded.guard.counters["throttled"], guarded.guard.counters["dropped"]) == (3, 20)
    guarded.peer.send(b"nonsense that would be counted as malformed", guarded.agent)
    await eventually(lambda: guarded.guard.counters["dropped"] == 21)
    assert guarded.agent.layer.counters["malformed"] == 0
    assert caplog.text.count("source banned source=127.0.0.1 seconds=60 why='too many requests' count=3") == 1
    guarded.move(61.0)
    assert caplog.text.count("ban over source=127.0.0.1 seconds=60 dropped=21") == 1
    guarded.move(2000.0)
    guarded.peer.send(guarded.peer.make("OPTIONS"), guarded.agent)
    await eventually(lambda: guarded.peer.got.qsize() == 3)


async def test_a_repeated_request_costs_nothing(guarded: Guarded) -> None:
    same = guarded.peer.make("OPTIONS")
    for count in range(1, 7):
        guarded.peer.send(same, guarded.agent)
        await eventually(lambda: guarded.peer.got.qsize() == count)  # noqa: B023
    assert guarded.guard.counters["throttled"] == 0


async def test_malformed_packets_ban_nobody(guarded: Guarded) -> None:
    broken = guarded.peer.make("OPTIONS").replace(b"CSeq: 1", b"CSeq: x")
    for _ in range(50):
        guarded.peer.send(broken, guarded.agent)
    await eventually(lambda: guarded.agent.layer.counters["malformed"] == 50)
    assert guarded.guard.counters["bans"] == 0
    await eventually(lambda: guarded.peer.got.qsize() == 2)  # and few are answered
    guarded.peer.send(guarded.peer.make("OPTIONS"), guarded.agent)
    await eventually(lambda: guarded.peer.got.qsize() == 3)


async def test_calls_of_one_source_are_bounded(guarded: Guarded) -> None:
    guarded.guard.trust(SOURCE, 1e12)
    peer, agent = guarded.peer, guarded.agent
    invite = peer.make("INVITE", call_id="one", branch="z9hG4bKone", body=OFFER)
    peer.send(invite, agent)
    await peer.response(100)
    await peer.response(180)
    peer.send(peer.make("INVITE", call_id="two", body=OFFER), agent)
    refused = await peer.response(503)
    assert refused.headers.get("Retry-After") == "30"
    guarded.calls[0].reject(486)
    await peer.response(486)
    await eventually(lambda: guarded.guard.open_dialog(SOURCE))


async def test_transactions_are_given_back(guarded: Guarded) -> None:
    guarded.guard.trust(SOURCE, 1e12)
    await guarded.flood(5)
    assert guarded.guard._transactions[SOURCE] == 5
    guarded.move(33.0)
    assert not guarded.guard._transactions
