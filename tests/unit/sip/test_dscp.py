"""The marks on our packets, as the kernel has them."""

from __future__ import annotations

import socket
from collections import Counter

import pytest

from sip.aio.dscp import CS3, EF, mark, marked
from sip.aio.ports import PortPool
from sip.aio.udp import UdpSocket
from tests.support import free_block


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("dscp", [0, CS3, EF, 63])
def test_a_socket_is_marked(family: socket.AddressFamily, dscp: int) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        mark(sock, dscp)
        assert marked(sock) == dscp


def test_there_are_sixty_four() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(ValueError, match="63"):
        mark(sock, 64)


async def test_signalling_goes_out_marked() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(5)
        ours = await UdpSocket.open("127.0.0.1", 0, lambda *_: None, lambda: 0.0, Counter(), dscp=CS3)
        ours.send(b"x", peer.getsockname())
        _, ancillary, _, _ = peer.recvmsg(10, 64)
        ours.close()
    assert [value[0] >> 2 for _, _, value in ancillary] == [CS3]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("dscp", [EF, 0])
def test_both_ports_of_a_stream_and_the_socket_of_one_peer_are_marked(host: str, dscp: int) -> None:
    port = free_block(22)
    with PortPool(host, port, port + 21, dscp=dscp).acquire() as pair:
        latched = pair.connected((host, 9))
        assert [marked(sock) for sock in (pair.rtp, pair.rtcp, latched)] == [dscp] * 3
        latched.close()
