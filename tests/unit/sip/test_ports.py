from __future__ import annotations

import socket

import pytest

from sip.aio.ports import PortPair, PortPool, PortsExhausted
from tests.support import wait_for


def small_pool(pairs: int, quarantine: float = 0.0) -> PortPool:
    """A pool of so many pairs, all of them free at this moment."""
    for low in range(40000, 60000, 2 * pairs):
        pool = PortPool("127.0.0.1", low, low + 2 * pairs - 1, quarantine=quarantine)
        try:
            taken = [pool.acquire() for _ in range(pairs)]
        except PortsExhausted:
            continue
        for pair in taken:
            pair.release()
        return pool
    raise AssertionError("no free ports on this machine")


def taken_ports(pairs: list[PortPair]) -> list[int]:
    return sorted(pair.port for pair in pairs)


def test_rtp_is_even_and_rtcp_the_odd_port_above() -> None:
    with small_pool(4).acquire() as pair:
        assert pair.port % 2 == 0
        assert pair.rtp.getsockname() == ("127.0.0.1", pair.port)
        assert pair.rtcp.getsockname() == ("127.0.0.1", pair.port + 1)
        assert not pair.rtp.getblocking()
        assert pair.rtp.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0xB8


def test_every_port_is_given_once_then_the_error_counts_them() -> None:
    pool = small_pool(3, quarantine=0)
    pairs = [pool.acquire() for _ in range(3)]
    assert taken_ports(pairs) == [pool.low, pool.low + 2, pool.low + 4]
    with pytest.raises(PortsExhausted, match=r"3 in use, 0 resting, 0 taken .* widen"):
        pool.acquire()
    for pair in pairs:
        pair.release()
        pair.release()
    assert pool.in_use == 0
    pool.acquire().release()


def test_a_port_rests_after_use() -> None:
    pool = small_pool(1, quarantine=0.2)
    wait_for(lambda: _acquired(pool))
    with pytest.raises(PortsExhausted, match="1 resting"):
        pool.acquire()
    wait_for(lambda: _acquired(pool))


def _acquired(pool: PortPool) -> bool:
    try:
        pool.acquire().release()
    except PortsExhausted:
        return False
    return True


def test_a_pair_somebody_else_has_half_of_is_passed_over() -> None:
    pool = small_pool(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", pool.low + 1))
        with pool.acquire() as pair:
            assert pair.port == pool.low + 2
            with pytest.raises(PortsExhausted, match="1 in use, 0 resting, 1 taken"):
                pool.acquire()


def test_a_host_that_is_not_ours_is_told() -> None:
    with pytest.raises(OSError, match="assign"):
        PortPool("192.0.2.1", 40000, 40009).acquire()


@pytest.mark.parametrize(
    ("low", "high"), [(0, 10), (10, 10), (11, 12), (65535, 65535), (20, 10), (10, 70000)]
)
def test_a_range_without_a_pair_is_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="even port"):
        PortPool("127.0.0.1", low, high)


def test_ipv6() -> None:
    pool = PortPool("::1", 40000, 59999)
    with pool.acquire() as pair:
        assert pair.host == "::1"
