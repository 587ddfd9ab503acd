"""A certificate as another side would see it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sip.aio.certificate import look
from tests.unit.sip.certificates import certificate


def test_its_names_and_its_end(tmp_path: Path) -> None:
    made = certificate(tmp_path, subjects="DNS:sip.example.com,DNS:*.example.org,IP:192.0.2.1")
    seen = look(made.certificate, made.key)
    assert seen.names == ("sip.example.com", "*.example.org", "192.0.2.1")
    assert timedelta(0) < seen.until - datetime.now(UTC) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("sip.example.com", True),
        ("SIP.example.com", True),
        ("a.example.org", True),
        ("example.org", False),
        ("a.b.example.org", False),
        ("192.0.2.1", True),
        ("192.0.2.2", False),
    ],
)
def test_whom_it_names(tmp_path: Path, host: str, named: bool) -> None:
    made = certificate(tmp_path, subjects="DNS:sip.example.com,DNS:*.example.org,IP:192.0.2.1")
    assert look(made.certificate, made.key).names_host(host) is named


def test_what_cannot_be_used(tmp_path: Path) -> None:
    one, other = certificate(tmp_path, "one"), certificate(tmp_path, "other")
    with pytest.raises(ssl.SSLError, match="MISMATCH"):
        look(one.certificate, other.key)
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "none.pem", one.key)
    one.certificate.write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        look(one.certificate, one.key)
