"""What a stream asks of whoever records it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sip.media.codecs import Codec


class Track(Protocol):
    """Where a stream's audio is recorded: see `sip.aio.recorder.Track`."""

    @property
    def codec(self) -> Codec:
        """What it wants to be fed."""

    def feed(
        self, now: float, ssrc: int, sequence: int, timestamp: int, second: int, payload: bytes, /
    ) -> None:
        """Takes one packet; returns at once and does not raise."""

    @property
    def follow(self) -> Callable[[bytes], None]:
        """Takes the payload of the packet that comes next after the last one taken, in the track's codec.

        Holds until the next `feed`: ask for it anew then.
        """
