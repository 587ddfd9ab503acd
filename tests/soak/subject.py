"""The switchboard under test, in a process of its own: the role as the service runs it.

Spoken to in lines. Prints `{"address": […]}` when ready; `census` and `instances` are answered with figures
of this moment, `flush` once all that was put is in the database, the end of the input stops it.
Run as `python -m tests.soak.subject FOLDER BROKER CARRIER-PORT`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
from pathlib import Path
from typing import Any

import uvloop

from callcenter.events.client import MqttClient
from callcenter.store import migrate
from callcenter.store.engine import make_engine
from callcenter.switchboard import role
from callcenter.switchboard.board import Board
from callcenter.switchboard.census import census, descriptors, instances
from tests.soak.world import settings_of

LOG = "switchboard.log"


def tell(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


async def answer(board: Board, line: str) -> dict[str, Any]:
    match line:
        case "census":
            gc.collect()  # what waits for its collection is no leak: see callcenter/switchboard/pauses.py
            found = census(board) | {f"fd_{kind}": count for kind, count in descriptors().items()}
            return found | {"fd_socket_beside_connections": found["fd_socket"] - found["connections"]}
        case "instances":
            return dict(instances())
        case "flush":
            await board.ledger.flush()
            return {
                "rejected": len(board.ledger.rejected),
                "internal_errors": board.agent.layer.counters["internal_error"],
                "failed_tracks": board.recorder.stats.failed_tracks,
                "dropped_packets": board.recorder.stats.dropped_packets,
            }
    raise ValueError(line)


async def serve(folder: Path, broker: str, carrier: int) -> None:
    settings = settings_of(folder, broker, carrier)
    await asyncio.to_thread(migrate.upgrade, settings.database_url)
    engine = make_engine(settings.database_url)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    client = MqttClient(broker, site=settings.site, role="switchboard")
    connection = asyncio.create_task(client.run(), name="mqtt")
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    work = asyncio.create_task(
        role.run(settings, engine, client, stop, on_ready=ready.set_result), name="switchboard"
    )
    board: Board = await ready
    await client.wait_connected()
    tell(address=[board.agent.local.host, board.agent.local.port])
    while line := await lines.readline():
        tell(**await answer(board, line.decode().strip()))
    stop.set()
    await work
    connection.cancel()
    await asyncio.gather(connection, return_exceptions=True)
    engine.dispose()


def main(folder: str, broker: str, carrier: str) -> None:
    logging.basicConfig(level=logging.INFO, filename=Path(folder) / LOG)
    uvloop.run(serve(Path(folder), broker, int(carrier)))


if __name__ == "__main__":
    main(*sys.argv[1:])
