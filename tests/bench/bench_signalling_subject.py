"""A whole switchboard without its pages and broker, alone on core 0, as `bench_signalling` measures it.

It logs as the service does, to a file. Spoken to in lines: prints `{"address": […]}` when ready, and answers
each line with its figures of this moment (`rows`: all that was put is written first).
Run as `python -m tests.bench.bench_signalling_subject DESKS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from sqlmodel import Session, col, func, select

from callcenter.logs import logging_lines
from callcenter.settings import GuardSettings, Settings, SipSettings
from callcenter.store.ledger import utc_now
from callcenter.store.tables import Call
from callcenter.switchboard.keeping import keep_registrations
from callcenter.switchboard.pauses import collect_seldom
from tests.bench.bench_media_load import settle
from tests.bench.bench_media_subjects import CORE, tell
from tests.bench.bench_signalling_load import PASSWORD, desk_number, extension_number
from tests.board import Switchboard, switchboard

MOST_CALLS = 20_000
"""Of one address, over the guard's usual limit: all calls come from the same caller here. A call counts for
32 s after its end (64·T1, RFC 3261 section 17)."""


def settings_of(folder: Path, desks: int) -> Settings:
    """`desks` desks of one agent each, and a carrier that calls them."""
    numbers = [(desk_number(index), extension_number(index)) for index in range(desks)]
    return Settings(
        data=folder,
        sip=SipSettings(
            listen="127.0.0.1:0", rtp_ports=(10000, 29999), guard=GuardSettings(calls=MOST_CALLS)
        ),
        desk=[
            {"id": f"desk{desk}", "number": desk, "name": "万科物业", "agents": (agent,)}
            for desk, agent in numbers
        ],
        extension=[{"number": agent, "password": PASSWORD} for _, agent in numbers],
        trunk=[{"id": "carrier", "username": "carrier", "password": PASSWORD}],
    )


async def figures(board: Switchboard, line: bytes) -> dict[str, Any]:
    """CPU seconds, resident bytes, and what is on record."""
    found: dict[str, Any] = {"cpu": time.process_time(), "resident": resident()}
    if line.strip() == b"rows":
        await board.board.ledger.flush()
        with Session(board.engine) as session:
            ended = select(func.count(col(Call.id))).where(col(Call.outcome).is_not(None))
            found["rows"] = session.exec(ended).one()
    return found | {"backlog": board.board.ledger.backlog, "live": len(board.board.calls)}


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def serve(desks: int) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        logs = stack.enter_context((folder / "switchboard.log").open("w"))
        stack.enter_context(logging_lines(stream=logs))
        settings = settings_of(folder, desks)
        async with switchboard(settings) as board:
            accounts = board.board.accounts
            accounts.add_carrier("127.0.0.1", settings.trunks[0])
            keep_registrations(accounts, board.board.ledger, utc_now)
            garbage = asyncio.create_task(collect_seldom())
            tell(address=board.address)
            while line := await lines.readline():
                tell(**await figures(board, line))
            garbage.cancel()


def main() -> None:
    settle(CORE)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 65536), limit))
    uvloop.run(serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
