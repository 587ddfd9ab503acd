"""Callers and agents on core 1: as little SIP as a telephone can know, so that core 0 is the measured one.

Both speak from one UDP socket each and send nothing again: whatever is lost or late is a failure.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

Address = tuple[str, int]

PASSWORD: Final = "bench-secret"
_DIALOG = re.compile(rb"\r\n((?:Via|From|To|Call-ID|CSeq|Record-Route): [^\r]*)")
_CONTACT = re.compile(rb"\r\nContact: *<([^>]+)>")
_CALL_ID = re.compile(rb"\r\nCall-ID: *([^\r]+)")
_CSEQ = re.compile(rb"\r\nCSeq: *(\d+) (\w+)")
_TO = re.compile(rb"\r\nTo: *([^\r]+)")
_NONCE = re.compile(rb'\r\nWWW-Authenticate: *Digest [^\r]*?nonce="([^"]+)"[^\r]*')
_REALM = re.compile(rb'realm="([^"]+)"')
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


def desk_number(index: int) -> str:
    return str(80_000 + index)


def extension_number(index: int) -> str:
    return str(10_000 + index)


def _group(pattern: re.Pattern[bytes], message: bytes, group: int = 1) -> bytes:
    found = pattern.search(message)
    return found[group] if found else b""


class _Socket(asyncio.DatagramProtocol):
    """One UDP socket, its port written into SDP as the port of the sound (which stays away)."""

    transport: asyncio.DatagramTransport

    def __init__(self, server: Address) -> None:
        self.server = server
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.port = transport.get_extra_info("sockname")[1]

    def put(self, head: str, body: str = "") -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = f"{head}Max-Forwards: 70\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        self.transport.sendto(text.encode(), self.server)

    def sdp(self) -> str:
        return _SDP.format(port=self.port)


class Agents(_Socket):
    """All agents' telephones: ring and answer at once. Also what registers them."""

    def __init__(self, server: Address) -> None:
        super().__init__(server)
        self.registered = 0
        self.refused = 0
        self.next: Callable[[], None] = lambda: None
        """What to do once a registration has its answer."""
        self._calls = 0

    def register(self, user: str) -> None:
        """REGISTER without credentials; the challenge is answered when it comes."""
        self._calls += 1
        self._register(user, f"r{self._calls}-{self.port}", 1, "")

    def _register(self, user: str, call: str, cseq: int, authorization: str) -> None:
        self.put(
            f"REGISTER sip:127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{call}-{cseq};rport\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag={call}\r\nTo: <sip:{user}@127.0.0.1>\r\n"
            f"Call-ID: {call}-{user}\r\nCSeq: {cseq} REGISTER\r\n"
            f"Contact: <sip:{user}@127.0.0.1:{self.port}>\r\nExpires: 600\r\n{authorization}"
        )

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if data.startswith(b"SIP/2.0 "):
            self._registering(data)
        elif data.startswith(b"INVITE "):
            contact = f"Contact: <sip:agent@127.0.0.1:{self.port}>\r\n"
            self._answer(data, "180 Ringing", contact)
            self._answer(data, "200 OK", contact, self.sdp())
        elif not data.startswith(b"ACK "):
            self._answer(data, "200 OK")

    def _answer(self, request: bytes, status: str, more: str = "", body: str = "") -> None:
        lines = [line.decode() for line in _DIALOG.findall(request)]
        tagged = [
            f"{line};tag=agent" if line.startswith("To:") and "tag=" not in line else line for line in lines
        ]
        self.put(f"SIP/2.0 {status}\r\n" + "".join(f"{line}\r\n" for line in tagged) + more, body)

    def _registering(self, response: bytes) -> None:
        status = response[8:11]
        if status == b"401" and _group(_CSEQ, response) == b"1":
            call, _, user = _group(_CALL_ID, response).decode().rpartition("-")
            self._register(user, call, 2, _credentials(user, response))
            return
        self.registered += status == b"200"
        self.refused += status != b"200"
        self.next()


def _credentials(user: str, challenge: bytes) -> str:
    """The answer to a challenge for MD5 with qop=auth: RFC 2617 section 3.2.2."""
    line = _NONCE.search(challenge)
    assert line is not None, challenge
    nonce, realm = line[1].decode(), _group(_REALM, line[0]).decode()

    def hashed(text: str) -> str:
        return md5(text.encode(), usedforsecurity=False).hexdigest()

    secret, asked = hashed(f"{user}:{realm}:{PASSWORD}"), hashed("REGISTER:sip:127.0.0.1")
    answer = hashed(f"{secret}:{nonce}:00000001:c:auth:{asked}")
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="sip:127.0.0.1", '
        f'response="{answer}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"\r\n'
    )


@dataclass(slots=True)
class _Placed:
    desk: str
    begun: float
    to: str
    target: str = ""
    answered: float | None = None


@dataclass
class Outcome:
    """What became of the calls placed. Durations are seconds."""

    placed: int = 0
    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    setup: list[float] = field(default_factory=list)
    """From INVITE to 200 of each answered call."""

    @property
    def settled(self) -> bool:
        return self.placed == self.done + sum(self.refused.values())


class Callers(_Socket):
    """The carrier: INVITE to a desk, ACK, and BYE at once, or at `hang_up` where `hold` is set."""

    def __init__(self, server: Address, desks: int) -> None:
        super().__init__(server)
        self.outcome = Outcome()
        self.hold = False
        self.free = deque(desk_number(index) for index in range(desks))
        self.live: dict[str, _Placed] = {}

    def call(self) -> None:
        """Calls the desk that has been free for longest."""
        self.outcome.placed += 1
        if not self.free:
            self.outcome.refused["no desk free"] += 1
            return
        desk = self.free.popleft()
        call = f"c{self.outcome.placed}-{self.port}-{time.monotonic_ns()}"
        self.live[call] = placed = _Placed(desk, time.monotonic(), f"<sip:{desk}@127.0.0.1>")
        uri = f"sip:{desk}@{self.server[0]}:{self.server[1]}"
        self._request("INVITE", uri, call, placed, 1, self.sdp())

    def _request(self, method: str, uri: str, call: str, placed: _Placed, cseq: int, body: str = "") -> None:
        self.put(
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{call}{method};rport\r\n"
            f"From: <sip:13800138000@127.0.0.1>;tag={call}\r\nTo: {placed.to}\r\nCall-ID: {call}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:caller@127.0.0.1:{self.port}>\r\n",
            body,
        )

    def datagram_received(self, data: bytes, addr: Address) -> None:
        call = _group(_CALL_ID, data).decode()
        placed = self.live.get(call)
        if placed is None or not data.startswith(b"SIP/2.0 ") or data.startswith(b"SIP/2.0 1"):
            return
        if _group(_CSEQ, data, 2) == b"BYE":
            self._over(call, placed)
            self.outcome.done += 1
        elif data.startswith(b"SIP/2.0 200"):
            self._answered(call, placed, data)
        else:
            self._over(call, placed)
            self.outcome.refused[data[8:11].decode()] += 1
            placed.to = _group(_TO, data).decode()
            self._request("ACK", f"sip:{placed.desk}@{self.server[0]}:{self.server[1]}", call, placed, 1)

    def _answered(self, call: str, placed: _Placed, data: bytes) -> None:
        first = placed.answered is None
        placed.to, placed.target = _group(_TO, data).decode(), _group(_CONTACT, data).decode()
        self._request("ACK", placed.target, call, placed, 1)
        if first:
            placed.answered = time.monotonic()
            self.outcome.setup.append(placed.answered - placed.begun)
            if not self.hold:
                self._request("BYE", placed.target, call, placed, 2)

    def _over(self, call: str, placed: _Placed) -> None:
        del self.live[call]
        self.free.append(placed.desk)

    def hang_up(self) -> None:
        """Ends every answered call."""
        for call, placed in list(self.live.items()):
            if placed.answered is not None:
                self._request("BYE", placed.target, call, placed, 2)

    def give_up(self) -> None:
        """Counts what has had no answer as failed, and begins anew."""
        self.outcome.refused["no answer"] += len(self.live)
        for call, placed in list(self.live.items()):
            self._over(call, placed)

    async def place(self, rate: float, seconds: float) -> None:
        """Places `rate` calls a second, each on its own point of the clock."""
        begin = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
            self.call()
        await asyncio.sleep(max(0.0, begin + seconds - time.monotonic()))
