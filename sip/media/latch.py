"""Whose media is listened to: the signalled address always, another once (symmetric RTP, behind a NAT)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from sip.media.flow import StreamStats
from sip.media.g711 import TRANSLATE
from sip.media.rtp import HEADER


class Latch:
    """`source` is the address that is listened to, as the socket names it; None before anything came."""

    __slots__ = ("_stats", "signalled", "source")

    def __init__(self, stats: StreamStats) -> None:
        self._stats = stats
        self.signalled: tuple[str, int] | None = None
        self.source: Any = None

    def expect(self, signalled: tuple[str, int]) -> None:
        """Signalling names a new address: whoever was listened to is forgotten."""
        self.signalled, self.source = signalled, None

    def accepts(self, data: bytes, addr: Any, types: AbstractSet[int]) -> bool:
        """Whether to listen to an address that is not `source`; if so it becomes it. Counts strangers.

        `types`: payload types that were agreed on, beside those of G.711.
        """
        if self.signalled is None or not _credible(data, types):
            self._stats.strangers += 1
            return False
        if addr[:2] != self.signalled:
            if self.source is not None and addr[:2] != self.source[:2]:
                self._stats.strangers += 1
                return False
            self._stats.retargeted += self.source is None
        self.source = addr
        return True


def _credible(data: bytes, types: AbstractSet[int]) -> bool:
    """Whether a datagram from an unknown address looks like the media agreed on."""
    return (
        len(data) > HEADER.size
        and data[0] >> 6 == 2
        and (data[1] & 0x7F in TRANSLATE or data[1] & 0x7F in types)
    )
