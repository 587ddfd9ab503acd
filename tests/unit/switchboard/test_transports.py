"""What the settings ask for, and what is opened."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from callcenter.settings import SipSettings
from callcenter.switchboard.transports import listen, specs
from sip.aio.agent import UserAgent
from tests.support import free_port
from tests.unit.sip.certificates import certificate
from tests.unit.sip.udp_peer import Everybody, refuse_all


def transports(agent: UserAgent) -> list[str]:
    return [side.transport for side, _ in agent.wire.locals]


async def test_tcp_comes_with_udp_on_the_same_port() -> None:
    agent = UserAgent(Everybody(), refuse_all)
    port = free_port()
    await listen(agent, SipSettings(listen=f"127.0.0.1:{port}"))
    assert [(side.transport, side.port) for side, _ in agent.wire.locals] == [("UDP", port), ("TCP", port)]
    await agent.stop(0.05)


async def test_somebody_else_may_have_the_tcp_port(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        agent = UserAgent(Everybody(), refuse_all)
        await listen(agent, SipSettings(listen=f"127.0.0.1:{port}"))
        assert transports(agent) == ["UDP"]
        assert "sip over tcp is off" in caplog.text
        await agent.stop(0.05)
        named = UserAgent(Everybody(), refuse_all)
        with pytest.raises(OSError, match=r"."):
            await listen(named, SipSettings(listen="127.0.0.1:0", tcp_listen=f"127.0.0.1:{port}"))
        await named.stop(0.05)


async def test_everything_at_once(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    agent = UserAgent(Everybody(), refuse_all)
    any_port = "127.0.0.1:0"
    sip = SipSettings(
        listen=any_port,
        tcp_listen=any_port,
        tls_listen=any_port,
        ws_listen=any_port,
        wss_listen=any_port,
        tls_certificate=made.certificate,
        tls_key=made.key,
    )
    await listen(agent, sip)
    assert sorted(transports(agent)) == ["TCP", "TLS", "UDP", "WS", "WSS"]
    await agent.stop(0.05)


def test_tls_has_its_usual_port(tmp_path: Path) -> None:
    sip = SipSettings(tcp_listen="off", tls_certificate=tmp_path / "c", tls_key=tmp_path / "k")
    (spec,) = specs(sip, "127.0.0.1")
    assert (spec.transport, spec.port) == ("TLS", 5061)


@pytest.mark.parametrize(
    "values", [{"tls_certificate": "c"}, {"tls_listen": "127.0.0.1:5061"}, {"tcp_listen": "nonsense"}]
)
def test_settings_that_cannot_be(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SipSettings.model_validate(values)
