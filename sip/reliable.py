"""Reliable provisional responses (RFC 3262): sent again until their PRACK comes, and acknowledged by ours.

Pure: `now` is monotonic seconds. `ReliableSender` is the callee's side, `acknowledge` the caller's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.dialog import Dialog
from sip.effects import Respond
from sip.errors import PeerError
from sip.message import Request, Response
from sip.options import RELIABLE, requires, supports
from sip.transactions import T1

MAX_RSEQ: Final = 2**32 - 1
_RACK: Final = re.compile(r"\s*(\d{1,10})\s+(\d{1,10})\s+(\S+)\s*")


class Reliability(Enum):
    """Which of our provisional responses go out reliably to a caller that knows 100rel but does not require
    it (RFC 3262 section 3 leaves it to us). Where it is required all do."""

    REQUIRED = "required"  # none: the safe way, for some phones name the extension and answer no PRACK
    MEDIA = "media"  # those with SDP: early media must not begin without it
    ALWAYS = "always"  # each


def is_wanted(request: Request, response: Response, reliability: Reliability) -> bool:
    """Whether `response`, 101 to 199, is to be sent reliably. Not to an INVITE without an offer, unless it is
    required: the response would have to make the offer (section 5)."""
    if requires(request, RELIABLE):
        return True
    if not request.body or not supports(request, RELIABLE):
        return False
    return reliability is Reliability.ALWAYS or (reliability is Reliability.MEDIA and bool(response.body))


@dataclass(slots=True)
class _Open:
    """A response without its PRACK. `again` is None once a final response was sent (section 3)."""

    effect: Respond
    rseq: int
    again: float | None
    give_up: float
    interval: float = T1


class ReliableSender:
    """The callee's provisional responses to one INVITE, one at a time. `first` is the first RSeq to use,
    1 to 2**31 - 1, chosen at random by the caller (section 3)."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._open: _Open | None = None
        self._waiting: list[Respond] = []
        self.agreed = False
        """An SDP answer was acknowledged: the offer of the INVITE is done with."""

    @property
    def holds_answer(self) -> bool:
        """A 2xx must wait: a response with SDP has no PRACK yet (section 3)."""
        pending = [self._open.effect, *self._waiting] if self._open else self._waiting
        return any(effect.response.body for effect in pending)

    def send(self, effect: Respond, now: float) -> list[Respond]:
        """Makes a 101 to 199 reliable. It waits while the one before has no PRACK (section 3)."""
        if self._open is not None:
            self._waiting.append(effect)
            return []
        effect.response.headers.set("Require", RELIABLE)
        effect.response.headers.set("RSeq", str(self._next))
        self._open = _Open(effect, self._next, now + T1, now + 64 * T1)
        self._next += 1
        return [effect]

    def receive(self, prack: Request, now: float) -> list[Respond]:
        """Their PRACK; what waited is sent now. Raises PeerError: 481 if it acknowledges nothing of ours."""
        match = _RACK.fullmatch(prack.headers.get("RAck") or "")
        if match is None:
            raise PeerError("PRACK without a readable RAck")
        pending = self._open
        if pending is None or int(match[1]) != pending.rseq or not _names(match, pending.effect):
            raise PeerError("PRACK for no response of ours", status=481)
        self._open = None
        self.agreed |= bool(pending.effect.response.body)
        # After the final response the others need not be sent any more.
        return self.send(self._waiting.pop(0), now) if self._waiting and pending.again is not None else []

    def finish(self) -> None:
        """The final response was sent: nothing is repeated, but a PRACK may still come (section 3)."""
        self._waiting.clear()
        if self._open is not None:
            self._open.again = None

    @property
    def deadline(self) -> float | None:
        if self._open is None or self._open.again is None:
            return None
        return min(self._open.again, self._open.give_up)

    def tick(self, now: float) -> list[Respond] | None:
        """The response again if that is due; None when 64·T1 have passed without a PRACK."""
        pending = self._open
        if pending is None or pending.again is None or now < min(pending.again, pending.give_up):
            return []
        if now >= pending.give_up:
            self.finish()
            return None
        pending.interval *= 2  # section 3: no cap of T2
        pending.again += pending.interval
        return [pending.effect]


def _names(rack: re.Match[str], effect: Respond) -> bool:
    cseq = effect.transaction.request.cseq
    return int(rack[2]) == cseq.sequence and rack[3].upper() == cseq.method


def is_reliable(response: Response) -> bool:
    """Whether a provisional response wants a PRACK (section 4)."""
    return 100 < response.code < 200 and requires(response, RELIABLE) and _rseq(response) is not None


def acknowledge(dialog: Dialog, response: Response, last: int | None) -> Request | None:
    """The PRACK of a reliable response in its early dialog; `last` is the RSeq acknowledged before.

    None for one that came before, or out of order: it is not processed at all (section 4).
    """
    rseq = _rseq(response)
    if rseq is None or (last is not None and rseq != last + 1):
        return None
    prack = dialog.request("PRACK")
    prack.headers.set("RAck", f"{rseq} {response.cseq.sequence} {response.cseq.method}")
    return prack


def rseq_of(response: Response) -> int:
    """Its RSeq. Raises PeerError where it has none."""
    rseq = _rseq(response)
    if rseq is None:
        raise PeerError("a reliable response without RSeq")
    return rseq


def _rseq(response: Response) -> int | None:
    text = (response.headers.get("RSeq") or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    return number if 1 <= (number := int(text)) <= MAX_RSEQ else None
