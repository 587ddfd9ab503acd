"""One epoll set for all media sockets: everybody is served, and nobody waits behind a full batch."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from functools import partial

from sip.aio.rtp_poller import BATCH, LONGER_PAUSE, Poller
from tests.support import eventually


def bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock


async def test_every_socket_is_served_and_a_full_batch_is_followed_at_once() -> None:
    poller, got = Poller(), Counter[int]()
    pauses: list[float] = []

    def read(sock: socket.socket, now: float) -> None:
        sock.recv(100)
        got[sock.fileno()] += 1
        pauses.append(poller._pause)

    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(bound()) for _ in range(BATCH + 40)]
        sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        for sock in sockets:
            sender.sendto(b"x", sock.getsockname())
        for sock in sockets:
            poller.add(sock, partial(read, sock))
        await eventually(lambda: len(got) == len(sockets))
        assert set(got.values()) == {1}
        assert set(pauses[:BATCH]) == {0.0}  # more were waiting
        assert pauses[-1] == LONGER_PAUSE
        for sock in sockets:
            poller.remove(sock)


async def test_a_socket_that_was_taken_away_is_not_read() -> None:
    poller = Poller()
    got: list[bytes] = []
    with bound() as one, bound() as other, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        poller.add(one, lambda now: got.append(one.recv(100)))
        poller.add(other, lambda now: got.append(other.recv(100)))
        poller.remove(one)
        sender.sendto(b"gone", one.getsockname())
        sender.sendto(b"here", other.getsockname())
        await eventually(lambda: got)
        poller.remove(other)
        poller.remove(other)
    assert got == [b"here"]
