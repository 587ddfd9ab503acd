"""Certificates for the tests, made with the openssl command line."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sip.aio.tls import TlsSettings


@dataclass(frozen=True)
class Made:
    certificate: Path
    key: Path

    @property
    def settings(self) -> TlsSettings:
        """For a server with it that trusts nobody else's."""
        return TlsSettings(self.certificate, self.key, ca=self.certificate)

    @property
    def context(self) -> ssl.SSLContext:
        """For a server of the test's own."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    @property
    def both(self) -> Path:
        """Key and certificate in one file, as baresip wants them."""
        path = self.certificate.with_suffix(".both.pem")
        path.write_text(self.key.read_text() + self.certificate.read_text())
        return path


def certificate(
    folder: Path, name: str = "site", subjects: str = "IP:127.0.0.1,IP:::1,DNS:localhost"
) -> Made:
    """A self-signed certificate, good for a day."""
    made = Made(folder / f"{name}.crt.pem", folder / f"{name}.key.pem")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "1", "-keyout", made.key, "-out", made.certificate, "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={subjects}"),
        ],
        check=True,
        capture_output=True,
    )
    return made
