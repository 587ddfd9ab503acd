"""What the switchboard holds at this moment, as numbers: for the status message, and to find what leaks."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import threading
from collections import Counter
from pathlib import Path
from typing import Final

from callcenter.switchboard.board import Board
from sip.aio.census import census as of_agent

_DESCRIPTORS: Final = Path("/proc/self/fd")


def census(board: Board) -> dict[str, int]:
    """Everything that calls take and give back. Where no call lasts, nothing of it may grow."""
    guard = board.accounts.guard
    transactions, dialogs = guard.open if guard else (0, 0)
    return {
        **of_agent(board.agent),
        "live_calls": len(board.calls),
        "occupied": board.occupied.total(),
        "places": len(board.distribution),
        "places_kept": len(board.kept) if board.kept is not None else 0,
        "rtp_ports_in_use": board.pool.in_use,
        "recordings_open": board.recorder.stats.open_tracks,
        "ledger_backlog": board.ledger.backlog,
        "bindings": board.accounts.bindings_kept,
        "guarded_transactions": transactions,
        "guarded_dialogs": dialogs,
        **process(),
    }


def process() -> dict[str, int]:
    """This process: descriptors, tasks of the running loop, threads, bytes resident."""
    return {
        "open_files": sum(descriptors().values()),
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "resident_bytes": resident(),
    }


def descriptors() -> Counter[str]:
    """Open descriptors by kind (`socket`, `file`, `pipe`, `anon_inode`, …); empty where there is no /proc."""
    kinds: Counter[str] = Counter()
    if not _DESCRIPTORS.is_dir():
        return kinds
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - the names alone, and cheaply
        try:
            target = str((_DESCRIPTORS / name).readlink())
        except OSError:  # the one that listed the folder
            continue
        kinds["file" if target.startswith("/") else target.partition(":")[0]] += 1
    return kinds


def resident() -> int:
    """Bytes of this process in memory, as far as the system tells; 0 where it does not."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def instances() -> Counter[str]:
    """How many objects of each class the garbage collector knows, after a collection.

    It stops the process for some tenths of a second: for tests, not for a service with calls.
    """
    gc.collect()
    return Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
