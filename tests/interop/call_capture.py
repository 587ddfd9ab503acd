"""The times of every dialog, read from a packet capture by tshark: the judge of the seconds on record."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FIELDS = (
    *("frame.time_epoch", "sip.Call-ID", "sip.Method", "sip.Status-Code", "sip.CSeq.method", "sip.CSeq.seq"),
    *("udp.srcport", "udp.dstport", "sdp.media_attr"),
)
RINGING = (180,)
CHALLENGES = (401, 407)


@dataclass(frozen=True)
class Message:
    """A request (`status` 0) or a response, at that epoch second; the ports are UDP's."""

    at: float
    call_id: str
    method: str
    status: int
    sequence: int
    source: int
    target: int
    attributes: frozenset[str] = frozenset()

    @property
    def holds(self) -> bool:
        """Its description wants to hear nothing (RFC 3264 section 8.4)."""
        return bool(self.attributes & {"sendonly", "inactive"})


@dataclass
class Dialog:
    """One leg on the wire, in epoch seconds. `ended_at` is its CANCEL, its BYE or its refusal; `referred_at`
    the REFER with which a party of it left the conversation."""

    call_id: str
    invited_at: float = 0.0
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    referred_at: float | None = None
    holds: list[tuple[float, float]] = field(default_factory=list)
    """From re-INVITE to re-INVITE, or to the end."""
    _holding: dict[int, float] = field(default_factory=dict)
    _sequence: int = 0

    @property
    def ring_seconds(self) -> float | None:
        """From the first 180 to the 200, or to the end; None where it never rang."""
        until = self.answered_at or self.ended_at
        return None if self.ringing_at is None or until is None else until - self.ringing_at

    def read(self, message: Message) -> None:
        """The next message, in the order of the capture."""
        match message.method, message.status:
            case "INVITE", 0:
                self._offered(message)
            case "INVITE", code if code in RINGING:
                self.ringing_at = self.ringing_at or message.at
            case "INVITE", 200:
                self.answered_at = self.answered_at or message.at
            case "INVITE", code if code >= 300 and code not in CHALLENGES and self.answered_at is None:
                self._end(message.at)
            case "BYE" | "CANCEL", 0:
                self._end(message.at)
            case "REFER", 0:
                self._leave(message.at)

    def _offered(self, message: Message) -> None:
        if self.answered_at is None:
            if message.sequence > self._sequence:  # no copy, but the first, or the answer to a challenge
                self.invited_at, self._sequence = message.at, message.sequence
        elif message.holds:
            self._holding.setdefault(message.source, message.at)
        elif (since := self._holding.pop(message.source, None)) is not None:
            self.holds.append((since, message.at))

    def _leave(self, at: float) -> None:
        self.referred_at = self.referred_at or at
        self.holds += [(since, at) for since in self._holding.values()]
        self._holding.clear()

    def _end(self, at: float) -> None:
        if self.ended_at is None:
            self.ended_at = at
            self._leave(self.referred_at or at)


def read_messages(capture: Path, sip_ports: Iterable[int] = ()) -> list[Message]:
    """SIP in the order of the capture. `sip_ports` are decoded as SIP besides 5060."""
    decode = [word for port in sip_ports for word in ("-d", f"udp.port=={port},sip")]
    fields = [word for field in FIELDS for word in ("-e", field)]
    run = subprocess.run(
        ["tshark", "-r", str(capture), *decode, "-Y", "sip.CSeq", "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
    )
    return parse_messages(run.stdout)


def parse_messages(text: str) -> list[Message]:
    """The lines that tshark prints."""
    found = []
    for line in text.splitlines():
        at, call_id, _, status, method, sequence, source, target, attributes = line.split("\t")
        code, told = int(status or 0), frozenset(attributes.split(","))
        found.append(Message(float(at), call_id, method, code, int(sequence), int(source), int(target), told))
    return sorted(found, key=lambda message: message.at)


def dialogs(messages: Iterable[Message]) -> dict[str, Dialog]:
    """By Call-ID."""
    found: dict[str, Dialog] = {}
    for message in messages:
        found.setdefault(message.call_id, Dialog(message.call_id)).read(message)
    return found


def ring_seconds(capture: Path, sip_ports: Iterable[int] = ()) -> dict[str, float]:
    """Ring seconds per Call-ID of every answered leg in the capture that rang."""
    legs = dialogs(read_messages(capture, sip_ports))
    return {
        leg.call_id: leg.answered_at - leg.ringing_at
        for leg in legs.values()
        if leg.answered_at is not None and leg.ringing_at is not None
    }
