"""Which address first."""

from __future__ import annotations

from sip.failover import DEAD_SECONDS, LARGE, MAX_REMEMBERED, Reachability, widened
from sip.hop import Hop
from sip.transactions import Address

ONE, TWO = ("192.0.2.1", 5060), ("192.0.2.2", 5060)


def test_what_failed_comes_last_for_a_while() -> None:
    memory = Reachability()
    assert memory.ordered([ONE, TWO], 0.0) == [ONE, TWO]
    memory.failed(ONE, 0.0)
    assert memory.ordered([ONE, TWO], 1.0) == [TWO, ONE]
    assert memory.ordered([ONE], 1.0) == [ONE]  # better than nothing
    assert memory.ordered([ONE, TWO], DEAD_SECONDS) == [ONE, TWO]
    memory.failed(ONE, 100.0)
    memory.answered(ONE)
    assert memory.ordered([ONE, TWO], 101.0) == [ONE, TWO]


def test_memory_is_bounded() -> None:
    memory = Reachability()
    for port in range(MAX_REMEMBERED + 10):
        memory.failed(("192.0.2.1", port), 0.0)
    assert not memory.is_dead(("192.0.2.1", 0), 1.0)
    assert memory.is_dead(("192.0.2.1", MAX_REMEMBERED), 1.0)


def test_a_large_request_tries_tcp_first() -> None:
    tls: Address = Hop("192.0.2.3", 5061, "TLS")
    assert widened([ONE, tls], LARGE) == [ONE, tls]
    assert widened([ONE, tls], LARGE + 1) == [Hop("192.0.2.1", 5060, "TCP"), ONE, tls]
