"""What the doctor asks of SIP."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callcenter.settings import Settings
from callcenter.sip_checks import certificate, ports, trunks
from tests.support import free_port
from tests.unit.sip.certificates import Made
from tests.unit.sip.certificates import certificate as make


def settings(**sip: Any) -> Settings:
    return Settings(sip={"listen": f"127.0.0.1:{free_port()}", **sip})


def with_certificate(made: Made, **sip: Any) -> Settings:
    return settings(tls_certificate=made.certificate, tls_key=made.key, **sip)


@contextmanager
def answering(product: str) -> Iterator[int]:
    """A SIP server that answers every OPTIONS and says what it is; its port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while data := sock.recvfrom(65535):
            lines, source = data[0].decode().split("\r\n"), data[1]
            if not lines[0].startswith("OPTIONS"):
                return
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
            to = next(line for line in lines if line.startswith("To:")) + ";tag=x"
            head = ["SIP/2.0 200 OK", *kept, to, f"Server: {product}", "Content-Length: 0", "", ""]
            sock.sendto("\r\n".join(head).encode(), source)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"stop", sock.getsockname())
        thread.join()
        sock.close()


def test_every_transport_has_a_free_port(tmp_path: Path) -> None:
    made = make(tmp_path)
    tcp, ws = free_port(), free_port()
    given = with_certificate(
        made,
        tcp_listen=f"127.0.0.1:{tcp}",
        tls_listen=f"127.0.0.1:{free_port()}",
        ws_listen=f"127.0.0.1:{ws}",
    )
    checks = list(ports(given))
    assert sorted(check.what.split()[1] for check in checks) == ["TCP", "TLS", "UDP", "WS"]
    assert all(check.good for check in checks)


@pytest.mark.parametrize(("product", "ours"), [("Sanxiang", True), ("Other PBX", False)])
def test_a_port_in_use_is_ours_or_somebody_elses(product: str, ours: bool) -> None:
    with answering(product) as port:
        (udp,) = ports(settings(listen=f"127.0.0.1:{port}", tcp_listen="off"))  # that one may be another's
        assert udp.good is ours
        assert bool(udp.mend) is not ours


def test_a_taken_tcp_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        checks = ports(settings(tcp_listen=f"127.0.0.1:{taken.getsockname()[1]}"))
        assert [check.good for check in checks] == [True, False]


@pytest.mark.parametrize(
    ("days", "subjects", "good", "named"),
    [
        (90, "IP:127.0.0.1", True, True),
        (90, "DNS:sip.example.com", True, False),
        (2, "IP:127.0.0.1", False, True),  # it ends soon
    ],
)
def test_a_certificate(tmp_path: Path, days: int, subjects: str, good: bool, named: bool) -> None:
    made = make(tmp_path, subjects=subjects)
    renewed = ["openssl", "x509", "-in", str(made.certificate), "-signkey", str(made.key), "-days", str(days)]
    subprocess.run(
        [*renewed, "-copy_extensions", "copyall", "-out", str(made.certificate)],
        check=True,
        capture_output=True,
    )
    checks = list(certificate(with_certificate(made)))
    assert [check.good for check in checks] == [good, named]
    assert all(check.mend for check in checks)


@pytest.mark.parametrize(
    ("days", "found"), [(-1, "certificate has expired"), (None, "the key does not belong to it")]
)
def test_a_certificate_that_cannot_be_used(tmp_path: Path, days: int | None, found: str) -> None:
    made = make(tmp_path)
    if days is None:
        made = Made(made.certificate, make(tmp_path, "other").key)
    else:
        made.certificate.write_bytes(_expired(made))
    (check,) = certificate(with_certificate(made))
    assert (check.good, check.found) == (False, found)


def _expired(made: Made) -> bytes:
    dates = ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]
    command = ["openssl", "x509", "-in", str(made.certificate), "-signkey", str(made.key), *dates]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 0:
        return done.stdout
    command = ["openssl", "x509", "-in", str(made.certificate), "-signkey", str(made.key), "-days", "-1"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_no_certificate_is_no_fault() -> None:
    assert list(certificate(settings())) == []


def test_the_lines_to_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.ping.PATIENCE", 0.3)
    with answering("a carrier") as port:
        lines = [
            {"id": "good", "mode": "ip", "server": f"127.0.0.1:{port}"},
            {"id": "gone", "mode": "ip", "server": f"127.0.0.1:{free_port()}"},
            {"id": "mute", "mode": "ip", "server": "127.0.0.1:9", "ping": 0},
            {"id": "gate", "username": "gate", "password": "x"},
        ]
        checks = {check.what.split()[-1]: check for check in trunks(Settings(trunk=lines))}
    assert {name: check.good for name, check in checks.items()} == {"good": True, "gone": False, "mute": True}
    assert "no answer" in checks["gone"].found
