"""What arrives at a switchboard beside calls: damaged messages, half messages, strangers."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket

from sip.transactions import Address as HostPort

_REQUEST = (
    "{method} sip:8000@127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{branch};rport\r\n"
    "From: <sip:{user}@127.0.0.1>;tag={branch}\r\nTo: <sip:8000@127.0.0.1>\r\n"
    "Call-ID: {branch}@noise\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n"
    "Contact: <sip:{user}@{host}:{port}>\r\n{more}Content-Length: 0\r\n\r\n"
)
_METHODS = (
    "INVITE",
    "REGISTER",
    "OPTIONS",
    "BYE",
    "CANCEL",
    "INFO",
    "REFER",
    "UPDATE",
    "PRACK",
    "ACK",
    "HACK",
)


def request(drawn: random.Random, host: str, port: int, *, transport: str = "UDP", **more: str) -> bytes:
    values = {"method": drawn.choice(_METHODS), "user": str(drawn.randrange(1000)), "more": "", **more}
    branch = f"{drawn.getrandbits(64):x}"
    return _REQUEST.format(host=host, port=port, branch=branch, transport=transport, **values).encode()


def damaged(data: bytes, drawn: random.Random) -> bytes:
    """Some bytes of it changed, lost, or there twice."""
    made = bytearray(data)
    for _ in range(drawn.randrange(1, 8)):
        at = drawn.randrange(len(made))
        match drawn.randrange(4):
            case 0:
                made[at] = drawn.randrange(256)
            case 1:
                del made[at : at + drawn.randrange(1, 30)]
            case 2:
                made[at:at] = made[at : at + drawn.randrange(1, 60)]
            case _:
                made[at:at] = drawn.choice((b"\r\n", b"\0", b"%", b"\xff\xfe", b":", b";;", b"<", b"9" * 30))
        if not made:
            break
    return bytes(made)


async def malformed(server: HostPort, drawn: random.Random) -> None:
    """Some by UDP, and one connection that brings nonsense or half a message."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        for _ in range(drawn.randrange(1, 20)):
            sock.sendto(damaged(request(drawn, *sock.getsockname()), drawn) or b"x", server)
            await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*server)
    whole = request(drawn, "127.0.0.1", 5060, transport="TCP")
    writer.write(
        drawn.choice((damaged(whole, drawn), whole[: drawn.randrange(len(whole))], b"\r\n\r\n", whole))
    )
    with contextlib.suppress(ConnectionError, TimeoutError):  # it may well close on us
        await asyncio.wait_for(reader.read(4096), drawn.uniform(0.1, 2.0))
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def stranger(server: HostPort, drawn: random.Random) -> None:
    """Requests without a password, or with a made-up one, from an address that nobody knows."""
    made_up = (
        'Authorization: Digest username="131", realm="sanxiang", nonce="1.2.3", uri="sip:8000", '
        'response="0123456789abcdef0123456789abcdef"\r\n'
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((f"127.0.{drawn.randrange(1, 250)}.{drawn.randrange(1, 250)}", 0))
        for _ in range(drawn.randrange(1, 60)):
            more = drawn.choice(("", made_up))
            method = drawn.choice(("INVITE", "REGISTER"))
            sock.sendto(request(drawn, *sock.getsockname(), method=method, more=more), server)
            await asyncio.sleep(0.005)
