"""A stream of bytes taken apart into messages by Content-Length (RFC 3261 section 18.3).

However the bytes are cut on their way, the same events come out in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from sip.errors import PeerError

MAX_HEAD: Final = 32_768
"""Bytes of a start line with its headers."""
MAX_BODY: Final = 65_536
"""Bytes of a body: as much as a datagram could bring."""
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"
"""Keep-alives of RFC 5626 section 4.4.1."""
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_LENGTH: Final = re.compile(
    rb"^(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Message:
    """One whole message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes that the other side is to get back at once: a pong, a handshake."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Nobody can tell any more where a message ends: answer `head` if it can be answered, then close."""

    error: PeerError
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class Closed:
    """The other side has ended the conversation."""


Event = Message | Reply | Broken | Closed


class Codec(Protocol):
    """How messages are put on a connection and taken off it."""

    @property
    def partial(self) -> bool:
        """Whether a message has begun and not ended."""
        ...

    def receive(self, data: bytes) -> list[Event]: ...

    def pack(self, message: bytes) -> bytes: ...

    def ping(self) -> bytes: ...


class StreamCodec:
    """TCP and TLS. After `Broken` it takes nothing more."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._blank = b""
        """The end of the empty lines that came since the last message or ping."""
        self._searched = 0
        self._end: int | None = None
        """Where the message in the buffer ends, once its head is known."""
        self._broken = False

    @property
    def partial(self) -> bool:
        return bool(self._buffer)

    def pack(self, message: bytes) -> bytes:
        return message

    def ping(self) -> bytes:
        return PING

    def receive(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        events: list[Event] = []
        if self._broken:
            return events
        self._buffer += data
        try:
            while self._buffer and (event := self._next()) is not None:
                events.append(event)
        except PeerError as error:
            self._broken = True
            end = self._head_end() or 0
            head = bytes(self._buffer[:end]) if end <= MAX_HEAD else b""
            self._buffer.clear()
            events.append(Broken(error, head))
        return events

    def _next(self) -> Event | None:
        if not self._searched and self._end is None and (ping := self._skip_blank()):
            return ping
        if self._end is None:
            self._measure()
        if self._end is None or len(self._buffer) < self._end:
            return None
        data = bytes(self._buffer[: self._end])
        del self._buffer[: self._end]
        self._end, self._searched, self._blank = None, 0, b""
        return Message(data)

    def _skip_blank(self) -> Reply | None:
        # Empty lines before a start line are ignored (section 7.5); two are a ping that wants its pong.
        at = 0
        while at < len(self._buffer) and self._buffer[at] in b"\r\n":
            self._blank = (self._blank + self._buffer[at : at + 1])[-4:]
            at += 1
            if self._blank == PING:
                self._blank = b""
                del self._buffer[:at]
                return Reply(PONG)
        del self._buffer[:at]
        return None

    def _measure(self) -> None:
        end = self._head_end()
        if end is None:
            self._searched = len(self._buffer)
            if len(self._buffer) > MAX_HEAD:
                raise PeerError("the header does not end", status=513, reason="Message Too Large")
            return
        if end > MAX_HEAD:
            raise PeerError("the header is too long", status=513, reason="Message Too Large")
        self._end = end + _body_length(bytes(self._buffer[:end]))

    def _head_end(self) -> int | None:
        # Up to three bytes of the empty line may stand in what was searched already.
        match = _HEAD_END.search(self._buffer, max(0, self._searched - 3))
        return match.end() if match else None


def _body_length(head: bytes) -> int:
    lengths = set(_LENGTH.findall(_FOLD.sub(b" ", head)))
    if not lengths:
        raise PeerError("no Content-Length on a stream")  # section 18.3: it must be there
    if len(lengths) > 1:
        raise PeerError("more than one Content-Length")
    text = lengths.pop()
    if not text.isdigit():
        raise PeerError("bad Content-Length")
    if len(text) > 9 or int(text) > MAX_BODY:
        raise PeerError("the body is too large", status=413)
    return int(text)
