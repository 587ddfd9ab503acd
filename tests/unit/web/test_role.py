"""The role serves, streams, and stops; it refuses addresses that others reach."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from sqlalchemy import Engine

from callcenter.settings import ConfigError, HttpSettings, Settings
from callcenter.web import role
from callcenter.web.hub import LiveHub
from tests.support import eventually, scaled


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "192.0.2.1:80", "example.com:80", "[::]:80"])
def test_addresses_that_others_reach_are_refused(listen: str) -> None:
    with pytest.raises(ConfigError, match="log-in"):
        role.loopback_address(listen)


def test_a_taken_port_is_said_plainly() -> None:
    with role.open_socket("127.0.0.1:0") as taken:
        taken.listen()
        with pytest.raises(ConfigError, match="cannot listen"):
            role.open_socket(f"127.0.0.1:{taken.getsockname()[1]}")


async def test_it_serves_streams_and_stops_with_a_stream_open(
    settings: Settings, engine: Engine, hub: LiveHub
) -> None:
    local = settings.model_copy(update={"http": HttpSettings(listen="127.0.0.1:0")})
    stop = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(role.run(local, engine, None, hub, stop, on_ready=address.set_result))
    async with asyncio.timeout(scaled(20)):
        async with httpx.AsyncClient(base_url=await address) as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.post("/api/v1/calls/x/hangup")).status_code == 503
            async with client.stream("GET", "/api/v1/stream?call=mine") as stream:
                lines = stream.aiter_lines()
                await eventually(lambda: hub.listeners == 1)
                hub.publish({"id": "1", "subject": "other"})
                hub.publish({"id": "2", "subject": "mine", "data": {"x": "振铃"}})
                while not (line := await anext(lines)).startswith('data: {"id"'):
                    assert "other" not in line
                assert json.loads(line.removeprefix("data: "))["data"] == {"x": "振铃"}
                stop.set()
                async for _ in lines:
                    pass
        await serving
    assert hub.listeners == 0
