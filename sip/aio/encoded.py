"""Clips in G.722 and Opus: encoded once, in a lane of their own, and kept.

A minute of Opus takes half a second; it can be played while it is made.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import ClassVar, Final

import av

from sip.aio.lanes import Lane
from sip.media.clip import Clip
from sip.media.codecs import Packed
from sip.media.g711 import PCMA
from sip.media.transcoding import encoding

log = logging.getLogger(__name__)

KEPT: Final = 100
"""Clips that are kept; those used longest ago are made again."""


class Encoded:
    """A clip's packets of 20 ms."""

    _all: ClassVar[OrderedDict[tuple[bytes, str], Encoded]] = OrderedDict()

    _lane: ClassVar[Lane | None] = None

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        """Those that are there so far."""
        self.complete = False
        """All are; none, where encoding failed."""

    @classmethod
    def of(cls, clip: Clip, codec: Packed) -> Encoded:
        """Begins to make them where they are not there. To be asked from an event loop."""
        key = clip.alaw, codec.name
        found = cls._all.get(key)
        if found is None:
            found = cls._all[key] = cls()
            found._make(clip, codec)
        cls._all.move_to_end(key)
        while len(cls._all) > KEPT:
            cls._all.popitem(last=False)
        return found

    def _make(self, clip: Clip, codec: Packed) -> None:
        if Encoded._lane is None:
            Encoded._lane = Lane("clips")

        def make() -> None:  # in the lane; it may end after the loop that asked, for another one
            try:
                for packet in encoding(PCMA.decode(clip.alaw), codec):
                    self.packets.append(packet)
            except (av.FFmpegError, ValueError) as error:
                log.error("clip not encoded codec=%s error=%r", codec.name, error)
            self.complete = True

        Encoded._lane.work(make)
