"""Entries a second through the ledger into the database, and events a second from the outbox to the broker.

python -m tests.bench.bench_store [--entries 2000] [--postgresql] [--mosquitto]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from callcenter.domain.calls import EventName
from callcenter.domain.topics import calls_filter
from callcenter.events.client import MqttClient
from callcenter.events.publisher import publish_outbox
from callcenter.store import outbox
from callcenter.store.engine import make_engine, session
from callcenter.store.ledger import CallChanged, Ledger
from callcenter.store.migrate import upgrade
from tests.servers import embedded_broker, mosquitto, postgresql
from tests.unit.store.facts import answered


@contextmanager
def database(wanted: str, folder: Path) -> Iterator[str]:
    if wanted == "postgresql":
        with postgresql() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'bench.db'}"


async def write(engine: Engine, entries: int) -> dict[str, float]:
    """Puts all at once (the writer is the limit), then one at a time, waiting for each commit."""
    ledger = Ledger(engine, "main", "node", lambda: None)
    puts, began, processor = [], time.perf_counter(), time.process_time()
    for number in range(entries):
        entry = CallChanged(answered(f"c{number}"), EventName.ANSWERED)
        before = time.perf_counter()
        ledger.put(entry)
        puts.append(time.perf_counter() - before)
    await ledger.flush()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    waits = []
    for number in range(100):
        before = time.perf_counter()
        ledger.put(CallChanged(answered(f"d{number}"), EventName.ANSWERED))
        await ledger.flush()
        waits.append(time.perf_counter() - before)
    await ledger.close()
    return {
        "ledger entries/s": entries / seconds,
        "CPU ms/entry": processor / entries * 1e3,
        "put p99 µs": sorted(puts)[int(entries * 0.99)] * 1e6,
        "put max ms": max(puts) * 1e3,
        "single commit median ms": statistics.median(waits) * 1e3,
    }


async def publish(engine: Engine, url: str) -> dict[str, float]:
    """From the outbox to a subscriber of another connection."""
    with session(engine) as work:
        waiting = outbox.backlog(work, "switchboard")
    reader, writer = MqttClient(url, site="main"), MqttClient(url, site="main")
    tasks = [asyncio.create_task(client.run()) for client in (reader, writer)]
    async with reader.subscribe(calls_filter("main")) as messages:
        await reader.wait_connected()
        await writer.wait_connected()
        began = time.perf_counter()
        tasks.append(asyncio.create_task(publish_outbox(writer, engine, "switchboard", asyncio.Event())))
        for _ in range(waiting):
            await anext(messages)
        seconds = time.perf_counter() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {"outbox events/s": waiting / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--mosquitto", action="store_true")
    options = parser.parse_args()
    kind = "postgresql" if options.postgresql else "sqlite"
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as address:
        upgrade(address)
        engine = make_engine(address)
        broker = (mosquitto if options.mosquitto else embedded_broker)(Path(name))
        broker.start()
        try:
            figures = asyncio.run(write(engine, options.entries))
            figures |= asyncio.run(publish(engine, f"mqtt://127.0.0.1:{broker.port}"))
        finally:
            broker.kill()
            engine.dispose()
    print(f"{kind}, {'mosquitto' if options.mosquitto else 'embedded broker'}, {options.entries} entries")
    for label, value in figures.items():
        print(f"  {label:<26}{value:>10.2f}")


if __name__ == "__main__":
    main()
