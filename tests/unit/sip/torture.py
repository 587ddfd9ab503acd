"""The torture messages: RFC 4475's, read where they are, and some of our own in the same spirit."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("SIP_TORTURE") or ROOT.parent / "shared" / "sip-torture")
"""RFC 4475's messages, one file each. They are not part of this repository."""
TABLE: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/data/rfc4475.toml").read_text("utf-8"))["message"]


@dataclass(frozen=True)
class Torture:
    """A message, the status wanted (`none`: silence) and a regular expression that the answer holds."""

    name: str
    data: bytes
    answer: str
    has: str = ""

    def __str__(self) -> str:
        return self.name


def messages() -> Iterator[Torture]:
    """Ours always; the RFC's where its folder is."""
    yield from OWN
    files = {path.stem: path for path in FOLDER.rglob("*.dat")}
    for row in TABLE if files else ():
        yield Torture(row["name"], files[row["name"]].read_bytes(), row["answer"], row.get("has", ""))


def _request(
    method: str = "OPTIONS",
    *,
    start: str = "{} sip:desk@example.com SIP/2.0",
    via: str = "SIP/2.0/UDP host.example.com;branch=z9hG4bKown",
    to: str = "<sip:desk@example.com>",
    cseq: str = "7 {}",
    extra: str = "",
    length: str = "0",
    body: str = "",
) -> bytes:
    lines = [
        start.format(method),
        f"Via: {via}",
        "From: <sip:somebody@example.net>;tag=own",
        f"To: {to}",
        "Call-ID: own@host.example.com",
        f"CSeq: {cseq.format(method)}",
        "Max-Forwards: 70",
        *extra.splitlines(),
        f"Content-Length: {length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


_CONTACT = "Contact: <sip:somebody@host.example.com>"
_SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"

OWN = (
    Torture("own-folded", _request(extra="Subject:\r\n\tfolded\r\n  twice"), "200"),
    Torture("own-spaced-colon", _request(extra="Subject \t: odd but legal"), "200"),
    Torture("own-case", _request().replace(b"Call-ID", b"cALL-id").replace(b"CSeq", b"cseq"), "200"),
    Torture("own-trailing-bytes", _request() + b"INVITE sip:x@y SIP/2.0\r\n\r\n", "200"),
    Torture("own-quoted-comma", _request(to='"Desk, the <one>" <sip:desk@example.com>'), "200"),
    Torture("own-via-without-spaces", _request(via="SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKv6"), "200"),
    Torture("own-via-nonsense", _request(via="SIP/2.0/UDP host.example.com;;=,"), "400"),
    Torture("own-open-quote", _request(to='"Desk <sip:desk@example.com>'), "400", "To: "),
    Torture("own-no-to", _request().replace(b"To: <sip:desk@example.com>\r\n", b""), "400"),
    Torture("own-no-end", _request().removesuffix(b"\r\n"), "400"),
    Torture("own-version", _request(start="{} sip:desk@example.com SIP/3.1"), "505"),
    Torture("own-two-spaces", _request(start="{}  sip:desk@example.com SIP/2.0"), "400"),
    Torture("own-length-words", _request(length="none"), "400"),
    Torture("own-length-too-long", _request(length="2"), "400"),
    Torture("own-cseq-large", _request(cseq="4294967296 {}"), "400"),
    Torture("own-method-mismatch", _request(cseq="7 BYE"), "400"),
    Torture("own-unknown-mismatch", _request("NOVEL", cseq="7 BYE"), "501"),
    Torture("own-unknown-method", _request("NOVEL"), "405", "Allow: .*INVITE"),
    Torture("own-require", _request(extra="Require: telepathy"), "420", "Unsupported: telepathy"),
    Torture("own-scheme", _request(start="{} tel:+861012345678 SIP/2.0"), "416"),
    Torture("own-not-utf-8", _request(extra="Subject: x").replace(b": x", b": \xff\xfe"), "400"),
    Torture("own-accept", _request("INVITE", extra=f"{_CONTACT}\r\nAccept: text/plain"), "406"),
    Torture("own-no-contact", _request("INVITE"), "400"),
    Torture("own-no-offer", _request("INVITE", extra=_CONTACT), "180"),
    Torture(
        "own-offer",
        _request(
            "INVITE", extra=f"{_CONTACT}\r\nContent-Type: application/sdp", length=str(len(_SDP)), body=_SDP
        ),
        "180",
    ),
    Torture("own-ack", _request("ACK", via="SIP/2.0/UDP host.example.com;;=,"), "none"),
    Torture("own-response", b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP host;;=,\r\n\r\n", "none"),
    Torture("own-bytes", bytes(range(256)), "none"),
)
