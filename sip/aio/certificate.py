"""What a certificate of ours says, and whether it can be used: looked at as another side would see it.

Nothing is sent: client and server shake hands in memory.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are the hosts and addresses it is for, `until` when it ends (UTC)."""

    names: tuple[str, ...]
    until: datetime

    def names_host(self, host: str) -> bool:
        """Whether it is for `host`; `*.example.com` is for one label more (RFC 6125 section 6.4.3)."""
        host = host.strip("[]").lower()
        parent = "*." + host.partition(".")[2]
        return any(name.lower() in (host, parent) for name in self.names)


def look(certificate: Path, key: Path) -> Certificate:
    """Reads a certificate (PEM, with its chain) and its key.

    Raises OSError where a file cannot be read, and ssl.SSLError, which is one, where they do not belong
    together or the certificate is not valid now; its text says which.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # who signed it is not the question here
    seen = _shake_hands(client, server)
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(seen["notAfter"])), UTC)
    pairs: tuple[tuple[str, str], ...] = seen.get("subjectAltName", ())
    return Certificate(tuple(_plain(name) for _, name in pairs), until)


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> dict[str, Any]:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for side in (ours, theirs):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    return dict(ours.getpeercert() or {})


def _plain(name: str) -> str:
    # Python writes an IPv6 address of a certificate in full and in capitals.
    return name.lower() if ":" in name else name
