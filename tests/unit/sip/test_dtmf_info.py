"""Keys in INFO."""

from __future__ import annotations

import pytest

from sip.dtmf_info import DEFAULT_MILLISECONDS, press, pressed
from sip.message import URI, Request


def info(kind: str, body: bytes) -> Request:
    request = Request("INFO", URI("sip", "192.0.2.1"), body)
    request.headers.set("Content-Type", kind)
    return request


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=250\r\n", ("5", 250)),
        ("application/dtmf-relay; x=y", b"signal= #\nduration =100", ("#", 100)),
        ("application/dtmf-relay", b"Signal=a", ("A", DEFAULT_MILLISECONDS)),
        ("application/dtmf-relay", b"Signal=1\r\nDuration=1", ("1", 40)),
        ("application/dtmf-relay", b"Signal=1\r\nDuration=999999", ("1", 5000)),
        ("application/dtmf", b"*\r\n", ("*", DEFAULT_MILLISECONDS)),
        ("application/dtmf", b"55", None),
        ("application/dtmf", b"", None),
        ("application/dtmf-relay", b"Signal=55", None),
        ("application/dtmf-relay", b"\xff\xfe", None),
        ("application/media_control+xml", b"Signal=5", None),
    ],
)
def test_what_is_read(kind: str, body: bytes, wanted: tuple[str, int] | None) -> None:
    assert pressed(info(kind, body)) == wanted


def test_what_is_written_is_read() -> None:
    request = info("text/plain", b"")
    press(request, "#", 120)
    assert pressed(request) == ("#", 120)
