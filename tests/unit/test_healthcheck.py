"""Each role is asked by its own protocol; whoever does not answer well is unhealthy."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from callcenter import healthcheck
from callcenter.events.client import MqttClient
from callcenter.events.status import publish_status, status_payload
from callcenter.healthcheck import Unhealthy, check_scribe, check_switchboard, check_web, main
from callcenter.settings import Settings
from tests.servers import embedded_broker
from tests.support import free_port, scaled, wait_for


@contextmanager
def sip_peer(answer: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A UDP peer that answers each datagram with what `answer` makes of it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, source = server.recvfrom(65535)
                if data == b"end":
                    return
                if (reply := answer(data)) is not None:
                    server.sendto(reply, source)

        thread = threading.Thread(target=serve, name="sip-peer")
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"end", server.getsockname())
            thread.join(scaled(5))


def sip_settings(port: int, host: str = "127.0.0.1") -> Settings:
    return Settings(sip={"listen": f"{host}:{port}"})


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_switchboard_that_answers_options_is_healthy(host: str) -> None:
    asked: list[bytes] = []

    def ok(data: bytes) -> bytes:
        asked.append(data)
        return b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

    with sip_peer(ok) as port:
        assert check_switchboard(sip_settings(port, host)) == "SIP/2.0 200 OK"
    assert asked[0].startswith(b"OPTIONS sip:127.0.0.1:")


def test_a_lost_options_is_sent_again() -> None:
    seen: list[bytes] = []

    def second(data: bytes) -> bytes | None:
        seen.append(data)
        return b"SIP/2.0 200 OK\r\n\r\n" if len(seen) > 1 else None

    with sip_peer(second) as port:
        check_switchboard(sip_settings(port), patience=scaled(4))
    assert seen[0] == seen[1]


def test_another_answer_is_unhealthy() -> None:
    busy = b"SIP/2.0 503 Service Unavailable\r\n\r\n"
    with sip_peer(lambda data: busy) as port, pytest.raises(Unhealthy, match="503"):
        check_switchboard(sip_settings(port))


def test_silence_is_unhealthy() -> None:
    with sip_peer(lambda data: None) as port, pytest.raises(Unhealthy, match="no answer to OPTIONS"):
        check_switchboard(sip_settings(port), patience=0.1)


def test_a_closed_sip_port_is_unhealthy_at_once() -> None:
    with pytest.raises(Unhealthy, match="refused"):
        check_switchboard(sip_settings(free_port()), patience=scaled(30))


@contextmanager
def http_server(status: int, body: dict[str, Any]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps(body | {"path": self.path}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="http", kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(scaled(5))
        server.server_close()


def test_a_web_role_that_says_ok_is_healthy() -> None:
    with http_server(200, {"status": "degraded"}) as port:
        assert check_web(Settings(http={"listen": f"127.0.0.1:{port}"})) == "degraded"


def test_a_web_role_without_its_database_is_unhealthy() -> None:
    with http_server(503, {"status": "down"}) as port, pytest.raises(Unhealthy, match=r"503.*down"):
        check_web(Settings(http={"listen": f"127.0.0.1:{port}"}))


def test_a_web_role_that_is_not_there_is_unhealthy() -> None:
    with pytest.raises(Unhealthy, match="healthz"):
        check_web(Settings(http={"listen": f"127.0.0.1:{free_port()}"}))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Settings]:
    server = embedded_broker(tmp_path)
    server.start()
    try:
        yield Settings(mqtt={"url": f"mqtt://127.0.0.1:{server.port}"})
    finally:
        server.stop()


def test_a_scribe_is_healthy_while_it_says_so(broker: Settings) -> None:
    stop = threading.Event()

    async def scribe() -> None:
        client = MqttClient(broker.mqtt.url, site=broker.site, role="scribe")
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(client.run()),
                tasks.create_task(publish_status(client, "scribe", dict, every=0.1)),
            ]
            await asyncio.to_thread(stop.wait)
            for task in work:
                task.cancel()

    thread = threading.Thread(target=asyncio.run, args=(scribe(),), name="scribe")
    thread.start()
    try:
        assert check_scribe(broker, patience=scaled(10)).startswith("online")
    finally:
        stop.set()
        thread.join(scaled(10))
    with pytest.raises(Unhealthy, match="offline"):
        wait_for(lambda: check_scribe(broker, patience=scaled(5)) and False, 5)


def test_a_scribe_that_said_nothing_is_unhealthy(broker: Settings) -> None:
    with pytest.raises(Unhealthy, match="said nothing"):
        check_scribe(broker, patience=scaled(1))


def test_a_missing_broker_is_unhealthy() -> None:
    settings = Settings(mqtt={"url": f"mqtt://127.0.0.1:{free_port()}"})
    with pytest.raises(Unhealthy, match="broker does not answer"):
        check_scribe(settings, patience=0.3)


def test_a_status_of_long_ago_is_unhealthy() -> None:
    now = datetime.now(UTC)
    payload = status_payload("online", now - timedelta(minutes=1), {})
    with pytest.raises(Unhealthy, match="online since"):
        healthcheck._fresh("scribe", payload, now)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"state": "online", "at": 3}'])
def test_a_status_that_is_none_is_unhealthy(payload: bytes) -> None:
    with pytest.raises(Unhealthy, match="cannot be read"):
        healthcheck._fresh("scribe", payload, datetime.now(UTC))


def test_the_exit_status_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "callcenter.toml"
    with http_server(200, {"status": "ok"}) as port:
        config.write_text(f'[http]\nlisten = "127.0.0.1:{port}"\n')
        assert main(["web", "--config", str(config)]) == 0
    assert main(["web", "--config", str(config)]) == 1
    with http_server(200, {"status": "ok"}) as port:
        config.write_text(f'[http]\nlisten = "127.0.0.1:{port}"\n[sip]\nlisten = "127.0.0.1:{free_port()}"\n')
        assert main(["web", "switchboard", "--config", str(config)]) == 1
    config.write_text("site = 3\n")
    assert main(["web", "--config", str(config)]) == 2
    shown = capsys.readouterr()
    assert shown.out.startswith("web healthy: ok\nweb unhealthy: ")
    assert f"{config}: site" in shown.err
