"""How long each call rang, read from a packet capture: the judge of the ring seconds on record."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

FIELDS = ("frame.time_epoch", "sip.Call-ID", "sip.Status-Code", "sip.CSeq", "udp.srcport", "udp.dstport")


@dataclass(frozen=True)
class Rung:
    """One leg on the wire: epoch seconds of its first 18x and its 200, and who sent them (UDP ports)."""

    call_id: str
    ringing_at: float
    answered_at: float | None
    source: int
    target: int

    @property
    def seconds(self) -> float | None:
        """Seconds from the first 18x to the 200; None if nobody answered."""
        return None if self.answered_at is None else self.answered_at - self.ringing_at


@dataclass(frozen=True)
class Response:
    at: float
    call_id: str
    status: int
    source: int
    target: int


def read_responses(capture: Path, sip_ports: tuple[int, ...] = ()) -> list[Response]:
    """Responses to INVITE in the order of the capture. `sip_ports` are decoded as SIP besides 5060."""
    decode = [word for port in sip_ports for word in ("-d", f"udp.port=={port},sip")]
    fields = [word for field in FIELDS for word in ("-e", field)]
    run = subprocess.run(
        ["tshark", "-r", str(capture), *decode, "-Y", "sip.Status-Code", "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
    )
    return parse_responses(run.stdout)


def parse_responses(text: str) -> list[Response]:
    found = []
    for line in text.splitlines():
        at, call_id, status, cseq, source, target = line.split("\t")
        if re.search(r"\bINVITE\b", cseq):
            found.append(Response(float(at), call_id, int(status), int(source), int(target)))
    return found


def rings(responses: list[Response], codes: tuple[int, ...] = (180,)) -> dict[str, Rung]:
    """Per Call-ID, from the first of `codes` to the first 200 after it; what never rang is left out."""
    legs: dict[str, Rung] = {}
    for response in sorted(responses, key=lambda response: response.at):
        leg = legs.get(response.call_id)
        if leg is None and response.status in codes:
            first = Rung(response.call_id, response.at, None, response.source, response.target)
            legs[response.call_id] = first
        elif leg is not None and leg.answered_at is None and response.status == 200:
            legs[response.call_id] = Rung(leg.call_id, leg.ringing_at, response.at, leg.source, leg.target)
    return legs


def ring_seconds(capture: Path, sip_ports: tuple[int, ...] = ()) -> dict[str, float]:
    """Ring seconds per Call-ID of every answered leg in the capture."""
    legs = rings(read_responses(capture, sip_ports))
    return {call_id: leg.seconds for call_id, leg in legs.items() if leg.seconds is not None}
