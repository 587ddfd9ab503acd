"""A telephone key sent as RTP events (RFC 4733), one packet every 20 ms."""

from __future__ import annotations

from collections.abc import Callable

from sip.aio.player import Ticker
from sip.media.dtmf import event_payloads


class KeyPress:
    """A key being pressed. `send(press, index, payload, now)` puts one packet on the wire."""

    def __init__(
        self,
        key: str,
        milliseconds: int,
        rate: int = 8000,
        *,
        send: Callable[[KeyPress, int, bytes, float], None],
        ended: Callable[[], None],
    ) -> None:
        """`rate`: the event's units a second. Raises `ValueError` for what is no key, or beyond 8 s."""
        self._payloads = event_payloads(key, milliseconds, frame=rate // 50, rate=rate)
        self._send, self._ended = send, ended
        self._index = 0
        self._ticker = Ticker.of_running_loop()

    def start(self) -> None:
        self._ticker.add(self)

    def stop(self) -> None:
        """Sends no more of it; `ended` is not told."""
        self._ticker.remove(self)

    def frame(self, now: float) -> None:
        """Sends the next packet; ends one tick after the last of them."""
        if self._index >= len(self._payloads):
            self._ticker.remove(self)
            self._ended()
            return
        self._send(self, self._index, self._payloads[self._index], now)
        self._index += 1
