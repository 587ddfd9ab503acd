"""TLS for SIP: certificates that are checked, and one of our own that can be renewed while we run."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Paths of PEM files. `ca` holds the authorities that others' certificates must come from.

    None: those of the system. `verify=False` takes any certificate from the servers we connect to: for a
    laboratory only.
    """

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    verify: bool = True


def client_context(settings: TlsSettings) -> ssl.SSLContext:
    """For connections that we open. Raises OSError where the authorities' file cannot be read."""
    context = ssl.create_default_context(cafile=settings.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class ServerIdentity:
    """Our certificate and key. A new file is taken at the next handshake; those under way are not disturbed.

    A new file that cannot be used is logged and the certificate in use stays.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises OSError (ssl.SSLError among them) where the files cannot be used."""
        self._certificate, self._key = certificate, key
        self._stamp = self._look()
        self._current = self._load()
        self.context = self._load()
        """For `create_server`: asks for the newest certificate at each handshake."""
        self.context.sni_callback = self._choose

    def reload(self) -> None:
        """Takes the files as they are now. Raises OSError, and keeps the certificate in use."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp  # a bad file is tried once, not at every handshake
            self._current = self._load()
            log.info("certificate reloaded file=%s", self._certificate)

    def _choose(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        try:
            self.reload()
        except OSError as error:
            log.error("certificate not reloaded file=%s error=%s", self._certificate, error)
        tls.context = self._current

    def _look(self) -> tuple[Stamp, Stamp]:
        first, second = (path.stat() for path in (self._certificate, self._key))
        return (first.st_mtime_ns, first.st_ino), (second.st_mtime_ns, second.st_ino)

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate, self._key)
        return context
