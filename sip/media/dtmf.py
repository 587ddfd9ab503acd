"""Telephone keys as RTP events (RFC 4733 §2.3, §2.5): one digit a key press, whatever the network does."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, replace

KEYS = "0123456789*#ABCD"
"""The keys by event code, 0 to 15 (RFC 4733 §3.2)."""

END_REPEATS = 3
"""A sender gives the last packet of an event three times (RFC 4733 §2.5.1.4)."""

_EVENT = struct.Struct("!BBH")
_REMEMBERED = 16
_LONGEST = 0xFFFF


class MalformedEvent(ValueError):
    """The peer's telephone-event payload is too short to be one."""


@dataclass(frozen=True, slots=True)
class Event:
    """The payload of one telephone-event packet. `bytes(Event.parse(raw)) == raw` for four bytes."""

    code: int
    end: bool
    duration: int
    """Timestamp units since the event began: 8 a millisecond, 48 beside Opus."""
    volume: int = 10
    """Power below 0 dBm0, in dB: 0 to 63."""
    reserved: bool = False

    @classmethod
    def parse(cls, payload: bytes) -> Event:
        """Reads the first event of a payload; raises `MalformedEvent` below four bytes."""
        if len(payload) < _EVENT.size:
            raise MalformedEvent(f"{len(payload)} bytes are too few for a telephone-event")
        code, flags, duration = _EVENT.unpack_from(payload)
        return cls(code, bool(flags & 0x80), duration, flags & 0x3F, bool(flags & 0x40))

    def __bytes__(self) -> bytes:
        flags = self.end << 7 | self.reserved << 6 | self.volume
        return _EVENT.pack(self.code, flags, self.duration)

    @property
    def key(self) -> str | None:
        """The key pressed; None for events that are no key (flash hook, fax tones)."""
        return KEYS[self.code] if self.code < len(KEYS) else None


class Detector:
    """Gives each key press once.

    All packets of a press carry the timestamp of its beginning: that tells presses apart, not the marker bit
    (which may be lost with its packet) nor the end bit (which comes three times or never).
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int, int]] = deque(maxlen=_REMEMBERED)

    def feed(self, ssrc: int, timestamp: int, payload: bytes) -> str | None:
        """The key, with the first packet of its press that arrives; None otherwise.

        Raises `MalformedEvent` for a payload that is no event.
        """
        event = Event.parse(payload)
        press = (ssrc, timestamp, event.code)
        if press in self._seen:
            return None
        # RFC 4733 §2.5.1.3: a press longer than 8.19 s goes on in a new segment, its timestamp 0xFFFF later.
        continued = (ssrc, (timestamp - _LONGEST) & 0xFFFFFFFF, event.code) in self._seen
        self._seen.append(press)
        return None if continued else event.key


def rescaled(payload: bytes, source: int, target: int) -> bytes:
    """The payload of an event whose duration counts `source` units a second, for who counts `target`.

    Raises `MalformedEvent`.
    """
    event = Event.parse(payload)
    duration = min(_LONGEST, event.duration * target // source)
    return bytes(replace(event, duration=duration)) if source != target else payload


def event_payloads(
    key: str, milliseconds: int = 100, volume: int = 10, frame: int = 160, rate: int = 8000
) -> list[bytes]:
    """The payloads of one press, one for each packet time of `frame` timestamp units, then two more ends.

    All go out with the timestamp of the press's beginning, the first with the marker bit. `rate`: timestamp
    units a second; beside Opus (48000) no press counts beyond 1.3 s. Raises `ValueError` for a key that is
    not on a telephone or a press beyond 8 s.
    """
    code = KEYS.find(key.upper()) if len(key) == 1 else -1
    total = min(milliseconds * rate // 1000, _LONGEST)
    if code < 0:
        raise ValueError(f"{key!r} is no telephone key; choose from {KEYS}")
    if not 0 < milliseconds <= 8000:
        raise ValueError(f"a key press lasts from 1 to 8000 ms, not {milliseconds}")
    body = [bytes(Event(code, False, done, volume)) for done in range(frame, total, frame)]
    return body + [bytes(Event(code, True, total, volume))] * END_REPEATS
