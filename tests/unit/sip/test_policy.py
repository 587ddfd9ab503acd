"""What every user agent refuses, whoever asks (RFC 3261 section 8.2)."""

from __future__ import annotations

import pytest

from sip.aio.policy import inspect
from sip.errors import PeerError
from tests.unit.sip.wire import request


@pytest.mark.parametrize(
    ("uri", "extra", "status", "headers"),
    [
        ("urn:service:sos", "", 416, ()),
        ("sip:8000@192.0.2.9", "Require: 100rel\nRequire: y, X", 420, (("Unsupported", "x, y"),)),
    ],
)
def test_refused(uri: str, extra: str, status: int, headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(PeerError) as caught:
        inspect(request(uri=uri, extra=extra))
    assert (caught.value.status, caught.value.headers) == (status, headers)


def test_an_invite_at_its_last_hop_is_refused_but_an_options_is_not() -> None:
    """Section 11: Max-Forwards 0 is how one asks the nearest hop what it can do."""
    last = request()
    last.headers.set("Max-Forwards", "0")
    with pytest.raises(PeerError, match="hops"):
        inspect(last)
    asked = request("OPTIONS")
    asked.headers.set("Max-Forwards", "0")
    inspect(asked)
