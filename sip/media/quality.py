"""How well a leg's media travels: loss, jitter and round trip (RFC 3550 §6.4, appendix A.3 and A.8).

The media path tells of every eighth packet only; the difference in transit of any two packets serves for the
jitter, not of neighbours alone. Loss is taken from the stream's counters when a report is due.
"""

from __future__ import annotations

from dataclasses import dataclass

from sip.media.flow import Incoming, Outgoing
from sip.media.rtcp import Block, Goodbye, Item, Name, Report, Sender, middle, ntp_time
from sip.media.rtp import HEADER, sequence_delta

SAMPLED = 7
"""Mask of sequence numbers: each eighth packet is timed, the one with all its bits."""
LONGEST_ROUND_TRIP = 60.0
"""Seconds; a longer one is a wrong clock."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A leg's quality as it goes on record; None where nothing was measured."""

    loss: float | None = None
    """Share of the party's packets that never came, 0 to 1."""
    jitter: float | None = None
    """Seconds, as in receiver reports."""
    round_trip: float | None = None
    """Seconds to the party and back, the mean of all reports."""


class Quality:
    """One leg's. `epoch` is Unix time minus monotonic time, taken once, so that no clock step shows."""

    __slots__ = (
        "_cname",
        "_epoch",
        "_highest",
        "_incoming",
        "_jitter",
        "_lost",
        "_lost_before",
        "_outgoing",
        "_packets",
        "_received",
        "_round_trips",
        "_sender_report",
        "_ssrc",
        "_timed",
        "_transit",
        "remote_left",
    )

    def __init__(self, incoming: Incoming, outgoing: Outgoing, epoch: float, cname: str) -> None:
        self.remote_left = False
        """The party's BYE came."""
        self._incoming, self._outgoing = incoming, outgoing
        self._epoch, self._cname = epoch, cname
        self._ssrc = -1
        self._highest = 0
        self._lost_before = self._lost = self._received = 0
        self._jitter = 0.0
        self._timed = False
        self._transit: float | None = None
        self._packets = 0
        self._round_trips = (0, 0.0)
        self._sender_report: tuple[int, int, float] | None = None

    def arrived(self, now: float, timestamp: int) -> None:
        """A packet, `now` in monotonic seconds (A.8). A break in the numbering begins afresh."""
        rate = self._incoming.clock_rate
        transit = now * rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < rate:
                self._timed = True
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    def report(self, now: float) -> tuple[Item, ...]:
        """What to send: a sender report where something was sent since the last one, and our name."""
        stats, ssrc = self._incoming.stats, self._outgoing.ssrc
        sender = None
        if stats.packets_out != self._packets:
            self._packets = stats.packets_out
            octets = stats.bytes_out - HEADER.size * stats.packets_out
            stamp = self._outgoing.timestamp_at(now)
            counts = stats.packets_out & 0xFFFFFFFF, octets & 0xFFFFFFFF
            sender = Sender(ntp_time(self._epoch + now), stamp, *counts)
        return Report(ssrc, sender, self._block(now)), Name(ssrc, self._cname)

    def farewell(self, now: float) -> tuple[Item, ...]:
        """What to send at the end (§6.6)."""
        return (*self.report(now), Goodbye((self._outgoing.ssrc,)))

    def take(self, items: tuple[Item, ...], now: float) -> None:
        """What the party sent."""
        for item in items:
            match item:
                case Report(ssrc, sender, blocks):
                    if sender is not None:
                        self._sender_report = (ssrc, middle(sender.ntp), now)
                    for block in blocks:
                        self._take_block(block, now)
                case Goodbye():
                    self.remote_left = True

    @property
    def figures(self) -> Figures:
        stats = self._incoming.stats
        came = stats.packets_in - stats.duplicates
        count, total = self._round_trips
        return Figures(
            loss=max(0, stats.lost) / (came + max(0, stats.lost)) if came > 0 else None,
            jitter=self._jitter / self._incoming.clock_rate if self._timed else None,
            round_trip=total / count if count else None,
        )

    def _take_block(self, block: Block, now: float) -> None:
        if block.ssrc != self._outgoing.ssrc or not block.last_report:
            return
        arrived = middle(ntp_time(self._epoch + now))
        passed = (arrived - block.last_report - block.delay) & 0xFFFFFFFF
        # Clocks of 65,536ths round: a trip of nothing may come out below zero.
        seconds = 0.0 if passed >= 0xFFFF0000 else passed / 65536
        if seconds <= LONGEST_ROUND_TRIP:
            count, total = self._round_trips
            self._round_trips = (count + 1, total + seconds)

    def _block(self, now: float) -> tuple[Block, ...]:
        incoming, stats = self._incoming, self._incoming.stats
        if incoming.ssrc < 0:
            return ()
        newest = (incoming.next_sequence - 1) & 0xFFFF
        if incoming.ssrc != self._ssrc:
            # Before the first report nobody can tell its losses from the former source's: they count here.
            self._ssrc, self._highest, self._lost_before = incoming.ssrc, newest, self._lost
        else:
            self._highest = (self._highest + sequence_delta(newest, self._highest & 0xFFFF)) & 0xFFFFFFFF
        lost, received = stats.lost - self._lost, stats.packets_in - self._received
        self._lost, self._received = stats.lost, stats.packets_in
        fraction = min(255, 256 * lost // (lost + received)) if lost > 0 and received >= 0 else 0
        last = delay = 0
        if self._sender_report and self._sender_report[0] == self._ssrc:
            last, delay = self._sender_report[1], round((now - self._sender_report[2]) * 65536)
        total = stats.lost - self._lost_before
        return (Block(self._ssrc, fraction, total, self._highest, round(self._jitter), last, delay),)
