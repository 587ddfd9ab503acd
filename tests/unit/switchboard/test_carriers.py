"""Carriers by name and transport."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from callcenter.settings import Trunk
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.carriers import look, server_uri
from sip.aio.names import Names
from tests.board import settings_for
from tests.unit.sip.dns_server import dns_server
from tests.unit.sip.stream_peer import agent_on
from tests.unit.sip.udp_peer import refuse_all
from tests.unit.sip.wire import request


def trunk(**values: str) -> Trunk:
    given = {"id": "t", "mode": "register", "username": "desk", "password": "long-enough-secret", **values}
    return Trunk.model_validate(given)


@pytest.mark.parametrize(
    ("server", "transport", "uri"),
    [
        ("sip.example.com", "", "sip:sip.example.com"),
        ("sip.example.com", "tls", "sip:sip.example.com;transport=tls"),
        ("sip.example.com:5070", "tcp", "sip:sip.example.com:5070;transport=tcp"),
        ("[2001:db8::1]", "", "sip:[2001:db8::1]"),
        ("[2001:db8::1]:5070", "", "sip:[2001:db8::1]:5070"),
        ("192.0.2.1:5060", "udp", "sip:192.0.2.1:5060;transport=udp"),
    ],
)
def test_where_a_carrier_is(server: str, transport: str, uri: str) -> None:
    assert str(server_uri(trunk(server=server, transport=transport))) == uri


def test_who_logs_in_to_us_has_no_server() -> None:
    assert server_uri(trunk(mode="account")) is None


@pytest.mark.parametrize("server", ["", "sip:host", "host:port", "a b"])
def test_a_server_that_cannot_be(server: str) -> None:
    with pytest.raises(ValidationError):
        trunk(server=server)


async def test_its_calls_are_known_by_all_its_addresses(tmp_path: Path) -> None:
    zone = (
        "_sip._udp.example.com 60 SRV 1 0 5060 one.example.com.",
        "_sip._udp.example.com 60 SRV 2 0 5060 two.example.com.",
        "one.example.com 60 A 192.0.2.1",
        "two.example.com 60 A 192.0.2.2",
    )
    config = trunk(server="example.com")
    uri = server_uri(config)
    assert uri is not None
    accounts = Accounts(settings_for(tmp_path))
    accounts.set_carrier(["192.0.2.9"], config)  # where it was before
    async with dns_server(*zone) as server:
        port = server.port
        async with agent_on(refuse_all, "UDP", names=lambda clock: Names(clock, ("127.0.0.1",), port)) as (
            agent,
            _,
        ):
            await look(agent, accounts, config, uri)
    asked = {
        host: accounts.admit(request(), (host, 5060), 0.0).status
        for host in ("192.0.2.1", "192.0.2.2", "192.0.2.9")
    }
    assert asked == {"192.0.2.1": None, "192.0.2.2": None, "192.0.2.9": 401}
