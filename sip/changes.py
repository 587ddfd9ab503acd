"""Requests of ours that change or refresh a session: re-INVITE (RFC 3261 section 14), UPDATE (RFC 3311).

One at a time; the others wait. Pure: `now` is monotonic seconds, `dice` gives numbers from 0 to 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from sip.dialog import Dialog
from sip.effects import Change, Changed, Effect, SendAck, SendRequest
from sip.message import Request, Response
from sip.session_messages import ack_of, put_sdp, renewed, sdp_of
from sip.session_timer import SessionTimer

MAX_GLARES: Final = 8
"""After so many 491 in a row the other side is not in a race with us: it refuses."""
_DEAD: Final = (408, 481)
"""The other side knows the dialog no more (section 12.2.1.2)."""
_UNKNOWN: Final = (405, 501)


class Changes:
    """What is to be changed, and what is under way.

    `authenticate(request, challenge)` gives the request with credentials, or None; `dress(request)` adds what
    every INVITE and UPDATE of ours carries. `lost` is set, in words, once the dialog turns out to be dead.
    """

    def __init__(
        self,
        dialog: Dialog,
        timer: SessionTimer,
        authenticate: Callable[[Request, Response], Request | None],
        dress: Callable[[Request], None],
        dice: Callable[[], float],
        caller: bool,
    ) -> None:
        self.lost = ""
        self._dialog, self._timer = dialog, timer
        self._authenticate, self._dress, self._dice = authenticate, dress, dice
        self._caller = caller
        self._wanted: deque[Change] = deque()
        self._change: Change | None = None
        self._request: Request | None = None
        self._ack: Request | None = None
        self._again_at: float | None = None
        self._glares = 0

    # -- what we want -------------------------------------------------------------------------------------

    @property
    def pending(self) -> Request | None:
        """The request that has no final answer."""
        return self._request

    @property
    def offering(self) -> bool:
        """An offer of ours has no answer: one of theirs is glare (RFC 3261 14.2, RFC 3311 5.2)."""
        return self._request is not None and bool(self._request.body)

    @property
    def refreshing(self) -> bool:
        changes = (*self._wanted, self._change)
        return any(change is not None and change.refresh for change in changes)

    def want(self, change: Change) -> None:
        self._wanted.append(change)

    def start(self, now: float) -> list[Effect]:
        """Sends the next one, where nothing is under way and no back-off runs. Only when the session may."""
        if self._request is not None or (self._again_at is not None and now < self._again_at):
            return []
        self._again_at = None
        if self._change is None:
            if not self._wanted:
                return []
            self._change, self._glares = self._wanted.popleft(), 0
        return [self._send(self._change)]

    def _send(self, change: Change) -> SendRequest:
        self._request = request = self._dialog.request(change.method)
        put_sdp(request, change.offer)
        self._dress(request)
        return SendRequest(request)

    # -- what they answer ---------------------------------------------------------------------------------

    def owns(self, response: Response) -> bool:
        """Whether it answers a request of this module."""
        mine = (self._request, self._ack)  # all of a dialog's requests are counted together
        return any(one is not None and one.cseq.sequence == response.cseq.sequence for one in mine)

    def receive(self, response: Response, now: float) -> list[Effect]:
        """A response that `owns` says is for here."""
        if response.code < 200:
            return []
        if self._request is None or response.cseq.sequence != self._request.cseq.sequence:
            again = self._ack is not None and response.cseq.method == "INVITE" and response.code < 300
            return [SendAck(self._ack)] if again and self._ack else []  # their 2xx again: our ACK was lost
        request, change = self._request, self._change
        assert change is not None
        if response.code < 300:
            return self._accepted(change, request, response, now)
        return self._refused(change, request, response, now)

    def _accepted(self, change: Change, request: Request, response: Response, now: float) -> list[Effect]:
        self._request = self._change = None
        self._dialog.refresh_target(response)
        self._timer.granted(response, now)
        done = Changed(change, response.code, response.phrase, sdp_of(response))
        if request.method != "INVITE":
            return [done, *self.start(now)]
        self._ack = ack_of(self._dialog, request)
        return [SendAck(self._ack), done, *self.start(now)]

    def _refused(self, change: Change, request: Request, response: Response, now: float) -> list[Effect]:
        code = response.code
        if code in (401, 407) and (again := self._authenticate(request, response)):
            return self._repeat(again)
        if self._timer.too_small(response):
            again = renewed(request, self._dialog)
            self._timer.ask(again)
            return self._repeat(again)
        self._request = None
        if code == 491 and self._glares < MAX_GLARES:
            self._glares += 1
            self._again_at = now + self._pause()
            return []
        self._change = None
        if code in _DEAD:
            self.lost = f"{code} to a {request.method} within the dialog"
            return [Changed(change, code, response.phrase)]
        if change.refresh and request.method == "UPDATE" and code in _UNKNOWN:
            self._change = Change("INVITE", change.last, refresh=True)
            return [self._send(self._change)]
        if change.refresh:
            self._timer.refused(now)
        return [Changed(change, code, response.phrase), *self.start(now)]

    def _repeat(self, again: Request) -> list[Effect]:
        self._request = again
        return [SendRequest(again)]

    def _pause(self) -> float:
        # Section 14.1: who made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in units of 10 ms.
        low, high = (2.1, 4.0) if self._caller else (0.0, 2.0)
        return round(low + (high - low) * self._dice(), 2)

    def timed_out(self, request: Request) -> list[Effect] | None:
        """No answer at all counts as a 408 (section 8.1.3.1). None: it is not one of ours."""
        if request is not self._request:
            return None
        change, self._request, self._change = self._change, None, None
        assert change is not None
        self.lost = f"no answer to a {request.method} within the dialog"
        return [Changed(change, 408, "no answer")]

    @property
    def deadline(self) -> float | None:
        return self._again_at if self._request is None else None
