"""Certificates: checked, and renewed while the server runs."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from pathlib import Path

import pytest

from sip.aio.tls import ServerIdentity, TlsSettings, client_context
from tests.unit.sip.certificates import Made, certificate


async def served(identity: ServerIdentity) -> asyncio.Server:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    return await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=identity.context)


async def shown(server: asyncio.Server, context: ssl.SSLContext, name: str = "localhost") -> bytes:
    """The certificate that a client gets to see (DER)."""
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return der


def der(made: Made) -> bytes:
    return ssl.PEM_cert_to_DER_cert(made.certificate.read_text())


def renew(old: Made, new: Made) -> None:
    for source, target in ((new.key, old.key), (new.certificate, old.certificate)):
        shutil.copy(source, target.with_suffix(".new"))
        target.with_suffix(".new").replace(target)


async def test_a_new_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    made, later = certificate(tmp_path), certificate(tmp_path, "later")
    server = await served(ServerIdentity(made.certificate, made.key))
    anybody = client_context(TlsSettings(verify=False))
    try:
        assert await shown(server, anybody) == der(made)
        renew(made, later)
        assert await shown(server, anybody) == der(later)
    finally:
        server.close()


async def test_a_bad_new_certificate_leaves_the_old_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = certificate(tmp_path)
    good = der(made)
    server = await served(ServerIdentity(made.certificate, made.key))
    anybody = client_context(TlsSettings(verify=False))
    try:
        made.certificate.write_text("half written")
        os.utime(made.certificate, ns=(1, 1))
        assert await shown(server, anybody) == good
        assert "certificate not reloaded" in caplog.text
        made.certificate.unlink()
        assert await shown(server, anybody) == good
    finally:
        server.close()


async def test_others_certificates_are_checked(tmp_path: Path) -> None:
    made, stranger = certificate(tmp_path), certificate(tmp_path, "stranger")
    server = await served(ServerIdentity(made.certificate, made.key))
    try:
        assert await shown(server, client_context(TlsSettings(ca=made.certificate))) == der(made)
        for settings, name in (
            (TlsSettings(), "localhost"),  # nobody vouches for it
            (TlsSettings(ca=stranger.certificate), "localhost"),
            (TlsSettings(ca=made.certificate), "another.example"),
        ):
            with pytest.raises(ssl.SSLCertVerificationError):
                await shown(server, client_context(settings), name)
    finally:
        server.close()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    with pytest.raises(OSError, match=r"."):
        ServerIdentity(made.certificate, tmp_path / "none.pem")
    with pytest.raises(OSError, match=r"."):
        ServerIdentity(made.certificate, made.certificate)  # no key in it
    with pytest.raises(OSError, match=r"."):
        client_context(TlsSettings(ca=tmp_path / "none.pem"))
