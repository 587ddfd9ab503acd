"""Stored calls judged again, without decoding audio: calls a second, for a changed phrase and by every rule.

python -m tests.bench.bench_rejudge [--calls 100000] [--whole 2000] [--workers 2] [--postgresql]
                                    [--profile phrase|whole]

Every call is composed of lines of the spoken dialogues beside the repository, so that no two are alike, and
kept as the scribe keeps it: packed hearings with a narrow pass, a set of verdicts and what it rests on,
signalling. Then the desk changes a phrase of its closing, and an order is worked off as a scribe does it,
which takes over what stands. Afterwards the newest `--whole` calls are judged by every rule, as after a
release with other code.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, update
from sqlmodel import Session, SQLModel

from callcenter.domain.reviews import Person
from callcenter.domain.standards import Standard
from callcenter.judging.basis import basis_of, inputs_of
from callcenter.judging.judging import spot_phrases
from callcenter.scribe.call_facts import facts_of, record_time
from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.rejudger import Pace, Rejudger
from callcenter.scribe.terms import Terms
from callcenter.settings import Settings
from callcenter.standards import desk_standard
from callcenter.store import rejudgings
from callcenter.store.engine import make_engine, session
from callcenter.store.jobs import Work
from callcenter.store.judgings import Weighed, keep_standards
from callcenter.store.migrate import upgrade
from callcenter.store.rejudgings import Wanted
from callcenter.store.scores import keep_sets
from callcenter.store.tables import Call, Heard, Leg, Recording
from callcenter.store.verdict_tables import FindingRow, Judging, JudgingBasis
from tests.servers import postgresql
from transcripts.recogniser import Word
from transcripts.transcript import Transcript, pack

DIALOGUES = Path(__file__).parent.parent.parent.parent / "shared" / "speech" / "dialogues"
T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=300)
NAME = "万科物业"
CHANGED = ["【谢谢】您的来电，祝您生活【愉快】", "【感谢】您的来电，【再见】", "【谢谢】您的电话，【再见】"]
CHUNK = 500
"""Calls in one transaction while they are written."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Spoken:
    """The lines of all dialogues: how they begin, what is said in them, how they end."""

    first: list[list[Line]]
    middle: list[Line]
    last: list[list[Line]]


def read_dialogues() -> Spoken:
    stories = [json.loads(path.read_text("utf-8")) for path in sorted(DIALOGUES.glob("*.json"))]
    lines = [[line for line in story["timeline"] if line.get("text")] for story in stories]
    whole = [each for each in lines if len(each) >= 6]
    return Spoken(
        [each[:2] for each in whole], [x for each in whole for x in each[2:-2]], [e[-2:] for e in whole]
    )


def compose(spoken: Spoken, chance: random.Random) -> tuple[list[Word], list[Word], float]:
    """A call that nobody ever made: the words of agent and caller, and its length in seconds."""
    lines = [*chance.choice(spoken.first), *chance.sample(spoken.middle, 8), *chance.choice(spoken.last)]
    said: dict[str, list[Word]] = {"agent": [], "caller": []}
    clock = 0.5
    for line in lines:
        length = line["end"] - line["start"]
        said[line["leg"]] += words_of(line["text"], clock, length)
        clock += length + chance.uniform(0.2, 1.2)
    return said["agent"], said["caller"], clock


def words_of(text: str, start: float, length: float) -> list[Word]:
    """The line in pairs of characters, as a recogniser would divide it."""
    plain = "".join(letter for letter in text if "\u4e00" <= letter <= "\u9fff")
    pairs = [plain[at : at + 2] for at in range(0, len(plain), 2)]
    step = length / max(1, len(pairs))
    return [Word(pair, start + n * step, start + (n + 1) * step, 0.9) for n, pair in enumerate(pairs)]


def fill(engine: Engine, calls: int, settings: Settings) -> None:
    """Writes the history."""
    spoken, chance, terms = read_dialogues(), random.Random(5), Terms(settings.desks)
    standard = desk_standard(settings.desks[0])
    basis = basis_of(standard, (NAME,))
    phrases = tuple(spot_phrases(standard, (NAME,)))
    with session(engine) as db:
        keep_standards(db, [Weighed.of(standard)])
        db.add(JudgingBasis(digest=basis.digest, rules=dict(basis.rules)))
    for begin in range(0, calls, CHUNK):
        with session(engine) as db:
            numbers = range(begin, min(calls, begin + CHUNK))
            write(db, [history(number, spoken, chance, phrases, standard, terms) for number in numbers])


def history(
    number: int,
    spoken: Spoken,
    chance: random.Random,
    phrases: tuple[str, ...],
    standard: Standard,
    terms: Terms,
) -> list[tuple[type[SQLModel], list[dict[str, Any]]]]:
    """One call's rows, by table."""
    id, began = f"call-{number:07d}", T0 + timedelta(seconds=60 * number)
    agent, caller, seconds = compose(spoken, chance)
    spotted = tuple(word for word in agent if chance.random() < 0.5)
    answered, ended = began + timedelta(seconds=6), began + timedelta(seconds=6 + seconds)
    sides = (("caller", "13800138000", caller, None), ("agent", "8001", agent, spotted))
    call = Call(
        id=id, site="main", node="n", direction="inbound", line="external", desk="front", standard="vanke",
        caller="13800138000", callee="8000", started_at=began, first_ringing_at=began, answered_at=answered,
        ended_at=ended, outcome="answered", rings=2, ring_seconds=6.0, three_rings="pass",
        talk_seconds=seconds, hung_up_by="caller",
    )  # fmt: skip
    legs = [
        Leg(id=f"{id}-{role}", call_id=id, position=n, role=role, party=party, invite_at=began,
            answered_at=answered, ended_at=ended, bound=3)
        for n, (role, party, _, _) in enumerate(sides)
    ]  # fmt: skip
    recordings = [
        Recording(id=f"{leg.id}-r", call_id=id, leg_id=leg.id, path="x.wav", codec="PCMA",
                  started_at=answered, finished=True, duration_seconds=seconds)
        for leg in legs
    ]  # fmt: skip
    heard = [
        Heard(recording_id=f"{id}-{role}-r", engine="bench", seconds=seconds, at=ended,
              packed=pack(Transcript(tuple(words), narrow, seconds, phrases=phrases if narrow else ())))
        for role, _, words, narrow in sides
    ]  # fmt: skip
    facts = facts_of(
        Work(call, legs, [], recordings), terms.flow(call), record_time=record_time(standard), now=NOW
    )
    judging = Judging(
        id=number + 1, call_id=id, standard="vanke", version="0", digest=standard.digest, engine="bench",
        judged_at=ended, score=100.0, basis=basis_of(standard, (NAME,)).digest,
        inputs=inputs_of(facts, {each.recording_id: each.seconds for each in heard}),
    )  # fmt: skip
    finding = {"call_id": id, "judging_id": number + 1, "verdict": "pass", "heard": "", "why": ""}
    findings = [{**finding, "rule": rule.id, "clause": rule.clause} for rule in standard.rules]
    tables: list[tuple[type[SQLModel], Sequence[SQLModel]]] = [
        (Call, [call]), (Leg, legs), (Recording, recordings), (Heard, heard), (Judging, [judging]),
    ]  # fmt: skip
    return [
        *((table, [each.model_dump() for each in rows]) for table, rows in tables),
        (FindingRow, findings),
    ]


def write(db: Session, histories: list[list[tuple[type[SQLModel], list[dict[str, Any]]]]]) -> None:
    for number, (table, _) in enumerate(histories[0]):
        db.execute(insert(table), [row for each in histories for row in each[number][1]])


def settings_of(url: str, folder: Path, **desk: object) -> Settings:
    front = {"id": "front", "number": "8000", "name": NAME, "agents": ["8001"], **desk}
    extension = {"number": "8001", "password": "x"}
    return Settings(data=folder, database={"url": url}, desk=[front], extension=[extension])


async def work_off(settings: Settings, engine: Engine, workers: int, since: datetime) -> float:
    """Calls a second, from the order to its end."""
    with session(engine) as db:
        id = (
            rejudgings.order(db, Wanted("vanke", since=since), Person("bench", "qa"), datetime.now(UTC)).id
            or 0
        )
    rejudger = Rejudger(settings, engine, workers, Pace(poll=0.05))
    began = time.perf_counter()
    task = asyncio.create_task(rejudger.run())
    told = began
    while True:
        await asyncio.sleep(0.1)
        with session(engine) as db:
            row = rejudgings.get(db, id)
        if row.state not in rejudgings.UNFINISHED:
            break
        if time.perf_counter() - told > 15:
            told = time.perf_counter()
            print(f"  {row.done} of {row.total}, {row.done / (told - began):.0f} calls/s", flush=True)
    seconds = time.perf_counter() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if row.state != "done" or row.judged != row.total:
        raise SystemExit(f"the order ended as {row.state}: {row.judged} of {row.total} judged; {row.error}")
    print(f"  {row.changed} of {row.total} calls have another verdict of some rule")
    return row.total / seconds


def measure(
    what: str, settings: Settings, engine: Engine, options: argparse.Namespace, since: datetime = T0
) -> None:
    """What an order costs, and how long it takes, of the calls begun since then."""
    if options.profile == what:
        profile(settings, engine, options.calls)
        return
    read, kept = processor_time(settings, engine, options.calls)
    print(f"{what}: {read:.2f} ms of one core a call to read and judge, {kept:.2f} ms to keep", flush=True)
    rate = asyncio.run(work_off(settings, engine, options.workers, since))
    load = f"load average {os.getloadavg()[0]:.1f}"
    print(f"{what}: {rate:.0f} calls a second, {options.workers} workers, {load}", flush=True)


def processor_time(settings: Settings, engine: Engine, calls: int) -> tuple[float, float]:
    """Milliseconds of one core a call: what other work on the machine changes least. Nothing is kept."""
    terms, ids = Terms(settings.desks), [f"call-{number:07d}" for number in range(min(calls, 250))]
    read = kept = 0.0
    with Session(engine) as db:
        for at in range(0, len(ids), 50):
            began = time.process_time()
            sets = judge_stored(db, terms, ids[at : at + 50], NOW, None)
            judged = time.process_time()
            keep_sets(db, sets)
            if at:  # the first are slower: nothing is in any cache
                read, kept = read + judged - began, kept + time.process_time() - judged
        db.rollback()
    return read / (len(ids) - 50) * 1e3, kept / (len(ids) - 50) * 1e3


def profile(settings: Settings, engine: Engine, calls: int) -> None:
    """Where the time of judging goes, in one process."""
    terms, ids = Terms(settings.desks), [f"call-{number:07d}" for number in range(min(calls, 100))]
    with session(engine) as db:
        judge_stored(db, terms, ids[:50], NOW, None)
        began, watch = time.process_time(), cProfile.Profile(time.process_time)
        watch.enable()
        judge_stored(db, terms, ids, NOW, None)
        watch.disable()
    print(f"{(time.process_time() - began) / len(ids) * 1e3:.2f} ms a call, with the profiler's own time")
    pstats.Stats(watch).sort_stats("tottime").print_stats(45)


@contextmanager
def database(wanted: bool, folder: Path) -> Iterator[str]:
    if wanted:
        with postgresql() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'bench.db'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--whole", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--profile", choices=("phrase", "whole"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, database(options.postgresql, Path(name)) as url:
        upgrade(url)
        engine = make_engine(url)
        began = time.perf_counter()
        fill(engine, options.calls, settings_of(url, Path(name)))
        print(f"{options.calls} calls written in {time.perf_counter() - began:.0f} s", flush=True)
        settings = settings_of(url, Path(name), override={"rule": {"closing": {"phrases": CHANGED}}})
        measure("phrase", settings, engine, options)
        with session(engine) as db:
            db.execute(update(Judging).values(basis=None))
        measure("whole", settings, engine, options, T0 + timedelta(minutes=options.calls - options.whole))
        engine.dispose()


if __name__ == "__main__":
    main()
