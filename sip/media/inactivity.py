"""Whether a party is still there, judged by its RTP: a clock asks, no packet does any work for it.

Telephones send without a pause; one that stops without a word has lost its power or its network. Silence
means nothing while it is expected: a hold, a direction that sends nothing, silence suppression (RFC 3389,
RFC 3108), or a party that has never sent anything.
"""

from __future__ import annotations

from sip.media.flow import StreamStats


class Inactivity:
    """The silence of one party. Times in monotonic seconds."""

    __slots__ = ("_since", "timeout")

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._since: float | None = None

    def gone_at(self, now: float, stats: StreamStats, *, expected: bool) -> float | None:
        """When the party is given up if nothing more comes; None while its silence means nothing.

        `expected`: signalling lets the party send, and it suppresses no silence. Time in which nothing was
        expected does not count.
        """
        if not expected or stats.last_received is None or _comfortable(stats):
            self._since = None
            return None
        if self._since is None:
            self._since = now if stats.last_received < now - self.timeout else stats.last_received
        return max(self._since, stats.last_received) + self.timeout


def _comfortable(stats: StreamStats) -> bool:
    """Whether the newest packet was comfort noise (RFC 3389 §4): more comes when somebody speaks."""
    return stats.last_comfort is not None and stats.last_comfort == stats.last_received
