"""Whether a peer is there, asked by OPTIONS at an interval (RFC 3261 section 11), without I/O.

`now` is monotonic seconds. Call `tick` at `deadline` and send the request that comes out.
"""

from __future__ import annotations

from typing import Final

from sip.dialog import LocalSide, bare
from sip.message import URI, Address, CSeq, Request, Response, new_call_id, new_tag

PATIENCE: Final = 6.0
"""Seconds without any answer after which the peer is not there: four datagrams were sent by then, at 0, 0.5,
1.5 and 3.5 s (timer E, section 17.1.2.2). An answer that comes later still counts."""
LOOK_AGAIN: Final = 15.0
"""Seconds between two pings of a peer that is not there, where the interval is longer."""
_GONE: Final = (408, 503)
"""A proxy on the way says that nobody is behind it, or the peer itself that it takes nothing. Every other
answer, even a refusal, is a sign of life."""


class Ping:
    """One peer. `reachable` is None until it is known."""

    def __init__(self, target: URI, local: LocalSide, interval: float) -> None:
        self.target = target
        self.reachable: bool | None = None
        self.answered = False
        """It has answered an OPTIONS once: some carriers never do, though their calls work."""
        self.why = ""
        """In words: why it is not reachable."""
        self.deadline: float | None = 0.0
        self._local = local
        self._interval = interval
        self._pending: Request | None = None
        self._cseq = 0
        self._call_id, self._tag = new_call_id(), new_tag()

    def tick(self, now: float) -> Request | None:
        """The OPTIONS that is due, or None."""
        if self.deadline is None or now < self.deadline:
            return None
        if self._pending is not None:
            self._fail("no answer", now)
            return None
        self._pending = self._request()
        self.deadline = now + PATIENCE
        return self._pending

    def receive(self, request: Request, response: Response, now: float) -> None:
        """An answer to `request`, this one or an earlier one."""
        if response.code < 200 or self.deadline is None:
            return
        if response.code in _GONE:
            if request is self._pending:
                self._fail(f"{response.code} {response.phrase}", now)
            return
        self.reachable, self.answered, self.why, self._pending = True, True, "", None
        self.deadline = now + self._interval

    def timed_out(self, request: Request, now: float) -> None:
        """Nothing could be sent, or nothing came back."""
        if request is self._pending:
            self._fail("no answer", now)

    def stop(self) -> None:
        self.deadline = self._pending = None

    def _fail(self, why: str, now: float) -> None:
        self.reachable, self.why, self._pending = False, why, None
        self.deadline = now + min(self._interval, LOOK_AGAIN)

    def _request(self) -> Request:
        self._cseq += 1
        request = Request("OPTIONS", self.target)
        request.via = [self._local.via()]
        request.headers.set("Max-Forwards", "70")
        us = Address(URI("sip", self._local.host, user="ping"))
        request.from_address = Address(us.uri, parameters=us.parameters.replace(tag=self._tag))
        request.to_address = Address(bare(self.target))
        request.call_id = self._call_id
        request.cseq = CSeq(self._cseq, "OPTIONS")
        request.contact = [self._local.contact("ping")]
        request.headers.set("Accept", "application/sdp")
        return request
