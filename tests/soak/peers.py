"""All the phones, in a process of their own, so that their sockets are not counted as the switchboard's.

Spoken to in lines: `play FIRST SECONDS MOST` plays deeds (numbered from FIRST) for so long, at most so many,
and answers each with a report; `{"played": n}` is the end of it. The end of the input stops it.
Run as `python -m tests.soak.peers HOST PORT BROKER SEED LANES CARRIER-PORT`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import uvloop

from callcenter.events.client import MqttClient
from callcenter.events.commands import CommandClient
from tests.soak.desk_scripts import SCRIPTS
from tests.soak.plan import Deed, plan
from tests.soak.stage import Stage
from tests.soak.world import SITE


def tell(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


async def lane(stage: Stage, deeds: Iterator[Deed], until: float) -> int:
    """One deed after the other; those that other lanes have taken are left out."""
    played = 0
    while time.monotonic() < until and (deed := next(deeds, None)) is not None:
        tell(**asdict(await SCRIPTS[deed.kind](stage, deed).play()))
        played += 1
    return played


async def play(stage: Stage, seed: int, lanes: int, first: int, seconds: float, most: int) -> None:
    until = time.monotonic() + seconds
    deeds = (deed for deed, _ in zip(plan(seed, first), range(most), strict=False))
    tell(played=sum(await asyncio.gather(*(lane(stage, deeds, until) for _ in range(lanes)))))


async def serve(host: str, port: int, broker: str, seed: int, lanes: int, carrier: int) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    client = MqttClient(broker, site=SITE)
    connection = asyncio.create_task(client.run(), name="mqtt")
    await client.wait_connected()
    async with (
        CommandClient(client).running() as commands,
        Stage((host, port), client, commands, carrier).running() as stage,
    ):
        tell(ready=True)
        playing: asyncio.Task[None] | None = None
        while line := (await lines.readline()).split():
            playing = asyncio.create_task(
                play(stage, seed, lanes, int(line[1]), float(line[2]), int(line[3]))
            )
        if playing is not None:
            playing.cancel()  # whoever wanted to know is gone
            await asyncio.gather(playing, return_exceptions=True)
    connection.cancel()
    await asyncio.gather(connection, return_exceptions=True)


def main(host: str, port: str, broker: str, seed: str, lanes: str, carrier: str) -> None:
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    uvloop.run(serve(host, int(port), broker, int(seed), int(lanes), int(carrier)))


if __name__ == "__main__":
    main(*sys.argv[1:])
