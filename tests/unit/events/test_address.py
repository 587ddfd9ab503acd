from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.events.address import BrokerAddress
from callcenter.events.errors import AddressError


def test_all_its_parts() -> None:
    address = BrokerAddress.parse("mqtt://desk:p%40ss%2Fword@broker.example:1884")
    assert address == BrokerAddress("broker.example", 1884, username="desk", password="p@ss/word")
    assert "word" not in str(address) + repr(address)
    assert str(address) == "mqtt://desk@broker.example:1884"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mqtt://localhost", "mqtt://localhost:1883"),
        ("mqtts://localhost/", "mqtts://localhost:8883"),
        ("mqtt://[::1]:1884", "mqtt://[::1]:1884"),
        ("mqtt://user@h", "mqtt://user@h:1883"),
    ],
)
def test_defaults(url: str, text: str) -> None:
    assert str(BrokerAddress.parse(url)) == text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "must begin with mqtt://"),
        ("127.0.0.1:1883", "must begin with mqtt://"),
        ("http://geheim@h", "must begin with mqtt://"),
        ("mqtt://", "names no host"),
        ("mqtt://h:0", "port"),
        ("mqtt://h:70000", "port"),
        ("mqtt://h:geheim", "port"),
        ("mqtt://u:geheim/1@h", "port"),
        ("mqtt://h/geheim", "ends after the port"),
        ("mqtt://:geheim@h", "no user name"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, says: str) -> None:
    with pytest.raises(AddressError, match=says) as caught:
        BrokerAddress.parse(url)
    assert "geheim" not in str(caught.value)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        BrokerAddress.parse(f"mqtt://{text}")
    except AddressError:
        return
