"""Is everything as it was, and on record as it happened? What is not, in words."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from sqlmodel import Session, col, select

from callcenter.store.tables import Call, Job, Leg, Outbox, Recording
from sip.media.wav import HEADER_SIZE, Wav
from tests.soak.scripts import Report

EMPTY = (
    "transactions",
    "transactions_scheduled",
    "requests_outstanding",
    "requests_pending",
    "requests_with_alternatives",
    "calls",
    "calls_over",
    "calls_with_deadline",
    "connections_opening",
    "agent_tasks",
    "live_calls",
    "occupied",
    "rtp_ports_in_use",
    "recordings_open",
    "ledger_backlog",
    "guarded_transactions",
    "guarded_dialogs",
)
"""What must be empty where no call lasts."""

RETURNS = ("bindings", "fd_socket_beside_connections", "fd_anon_inode", "fd_pipe", "tasks")
"""What must be exactly as it was."""

MAY_GROW = {"fd_file": 15, "threads": 8, "connections": 8}
"""What is bounded: five connections of the pool to SQLite, of three files each; worker threads of asyncio; a
phone on TCP has a connection that it opened and, after it was without power, one that we opened."""


CACHES = {
    "sip.values.": 13_000,
    "builtins.tuple": 13_000,
    "weakref.": 1000,
    "_asyncio.Task": 1000,
    "builtins.coroutine": 1000,
    "_contextvars.Context": 1000,
    "sip.guard.": 10_000,
    "collections.deque": 1000,
    "sqlite3.": 1000,
}
"""Classes whose objects are kept up to a bound: header values by their text (4096 of each kind), the answers
to the last 1000 commands, sources that the guard remembers, statements."""


def strayed(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """What is not as it was."""
    wrong = [name for name in EMPTY if after[name]]
    wrong += [name for name in RETURNS if after.get(name, 0) != before.get(name, 0)]
    wrong += [name for name, most in MAY_GROW.items() if after.get(name, 0) > before.get(name, 0) + most]
    return [f"{name}: {before.get(name, 0)} before, {after.get(name, 0)} after" for name in wrong]


def busy(census: Mapping[str, int]) -> list[str]:
    """What is not empty yet."""
    return [name for name in EMPTY if census[name]]


def more_instances(before: Mapping[str, int], after: Mapping[str, int], most: int) -> list[str]:
    """Classes of which there are over `most` more objects than before."""
    grown = {name: count - before.get(name, 0) for name, count in after.items()}
    return [
        f"{name}: {before.get(name, 0)} before, {after[name]} after"
        for name, by in sorted(grown.items(), key=lambda item: -item[1])
        if by > max(most, *(bound for prefix, bound in CACHES.items() if name.startswith(prefix)), 0)
    ]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Theil and Sen's: the median slope of all pairs, which single leaps do not move."""
    pairs = ((a, b) for at, a in enumerate(points) for b in points[at + 1 :])
    found = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] != a[0]]
    return median(found) if found else 0.0


def faults_on_record(work: Session, recordings: Path, reports: Iterable[Report]) -> list[str]:
    """Where the database, or a file, does not say what happened."""
    return [
        *_unfinished(work),
        *(fault for report in reports for fault in _misjudged(work, report)),
        *(fault for row in work.exec(select(Recording)) for fault in _damaged(recordings, row)),
    ]


def outcomes(work: Session, reports: Iterable[Report]) -> dict[str, Counter[str]]:
    """How the calls of each kind are on record."""
    found: dict[str, Counter[str]] = {}
    for report in reports:
        call = call_of(work, report.call_id)
        found.setdefault(report.kind, Counter())[call.outcome or "?" if call else "none"] += 1
    return found


def call_of(work: Session, sip_call_id: str) -> Call | None:
    """The call that began with that SIP dialog."""
    if not sip_call_id:
        return None
    first = select(Leg).where(col(Leg.sip_call_id) == sip_call_id).order_by(col(Leg.invite_at))
    leg = work.exec(first).first()
    return work.get(Call, leg.call_id) if leg else None


def _unfinished(work: Session) -> Iterator[str]:
    for call in work.exec(select(Call)):
        if call.outcome is None or call.ended_at is None:
            yield f"call {call.id} of {call.caller} has no end"
        if work.get(Job, call.id) is None:
            yield f"call {call.id} of {call.caller} was not handed over"
    for leg in work.exec(select(Leg).where(col(Leg.ended_at).is_(None))):
        yield f"leg {leg.id} ({leg.role} {leg.party}) of call {leg.call_id} has no end"
    waiting = len(work.exec(select(Outbox).where(col(Outbox.published_at).is_(None))).all())
    if waiting:
        yield f"{waiting} events were not published"


def _misjudged(work: Session, report: Report) -> Iterator[str]:
    what = f"deed {report.deed} ({report.kind}), whose caller saw {report.seen or 'nothing'}"
    if report.fault:
        yield f"{what}: {report.fault}"
    if not report.call_id:
        return
    call = call_of(work, report.call_id)
    outcome = call.outcome if call else "none"
    if outcome not in (report.want or ("none",)):
        yield f"{what}: {outcome} on record, not {' or '.join(report.want or ('none',))} ({report.call_id})"
    elif report.by and call and call.hung_up_by not in report.by:
        yield f"{what}: ended by {call.hung_up_by} on record, not {' or '.join(report.by)} ({report.call_id})"


def _damaged(recordings: Path, row: Recording) -> Iterator[str]:
    path = recordings / row.path
    if not row.finished or row.duration_seconds is None:
        yield f"recording {row.path} was not finished"
        return
    try:
        raw = path.read_bytes()
        wav = Wav.parse(raw)
    except (OSError, ValueError) as error:
        yield f"recording {row.path}: {error}"
        return
    sizes = struct.unpack_from("<I", raw, 4)[0] + 8, struct.unpack_from("<I", raw, HEADER_SIZE - 4)[0]
    if sizes != (len(raw), len(wav.data)) or abs(wav.seconds - row.duration_seconds) > 0.001:
        yield f"recording {row.path}: {len(raw)} bytes, {sizes} written, {row.duration_seconds} s on record"
