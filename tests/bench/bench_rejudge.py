"""Stored calls judged again for a changed phrase, without decoding audio: calls a second.

python -m tests.bench.bench_rejudge [--calls 100000] [--workers 2] [--postgresql] [--profile]

Every call is composed of lines of the spoken dialogues beside the repository, so that no two are alike, and
kept as the scribe keeps it: packed hearings with a narrow pass, an older set of verdicts, signalling. Then
the desk changes a phrase of its closing, and an order is worked off as a scribe does it.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
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

from sqlalchemy import Engine, insert
from sqlmodel import Session, SQLModel

from callcenter.domain.reviews import Person
from callcenter.domain.standards import Standard
from callcenter.judging.judging import spot_phrases
from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.rejudger import Pace, Rejudger
from callcenter.scribe.terms import Terms
from callcenter.settings import Settings
from callcenter.standards import load_standard
from callcenter.store import rejudgings
from callcenter.store.engine import make_engine, session
from callcenter.store.judgings import Weighed, keep_standards
from callcenter.store.migrate import upgrade
from callcenter.store.rejudgings import Wanted
from callcenter.store.tables import Call, Heard, Leg, Recording
from callcenter.store.verdict_tables import FindingRow, Judging
from tests.servers import postgresql
from transcripts.recogniser import Word
from transcripts.transcript import Transcript, pack

DIALOGUES = Path(__file__).parent.parent.parent.parent / "shared" / "speech" / "dialogues"
T0 = datetime(2026, 1, 1, tzinfo=UTC)
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


def fill(engine: Engine, calls: int, standard: Standard) -> None:
    """Writes the history."""
    spoken, chance = read_dialogues(), random.Random(5)
    phrases = tuple(spot_phrases(standard, (NAME,)))
    with session(engine) as db:
        keep_standards(db, [Weighed.of(standard)])
    for begin in range(0, calls, CHUNK):
        with session(engine) as db:
            numbers = range(begin, min(calls, begin + CHUNK))
            write(db, [history(number, spoken, chance, phrases, standard) for number in numbers])


def history(
    number: int, spoken: Spoken, chance: random.Random, phrases: tuple[str, ...], standard: Standard
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
    judging = Judging(
        id=number + 1, call_id=id, standard="vanke", version="0", digest=standard.digest, engine="bench",
        judged_at=ended, score=100.0,
    )  # fmt: skip
    findings = [
        FindingRow(call_id=id, judging_id=number + 1, rule=rule.id, verdict="pass", clause=rule.clause)
        for rule in standard.rules
    ]
    tables: list[tuple[type[SQLModel], Sequence[SQLModel]]] = [
        (Call, [call]), (Leg, legs), (Recording, recordings), (Heard, heard), (Judging, [judging]),
        (FindingRow, findings),
    ]  # fmt: skip
    return [(table, [each.model_dump(exclude={"id"} if table is FindingRow else None) for each in rows])
            for table, rows in tables]  # fmt: skip


def write(db: Session, histories: list[list[tuple[type[SQLModel], list[dict[str, Any]]]]]) -> None:
    for number, (table, _) in enumerate(histories[0]):
        db.execute(insert(table), [row for each in histories for row in each[number][1]])


def settings_of(url: str, folder: Path, **desk: object) -> Settings:
    front = {"id": "front", "number": "8000", "name": NAME, "agents": ["8001"], **desk}
    extension = {"number": "8001", "password": "x"}
    return Settings(data=folder, database={"url": url}, desk=[front], extension=[extension])


async def work_off(settings: Settings, engine: Engine, workers: int) -> float:
    """Seconds from the order to its end."""
    with session(engine) as db:
        id = rejudgings.order(db, Wanted("vanke"), Person("bench", "qa"), datetime.now(UTC)).id or 0
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
    return seconds


def processor_time(settings: Settings, engine: Engine, calls: int) -> float:
    """Milliseconds of one core a call, reading included: what other work on the machine changes least."""
    terms, ids = Terms(settings.desks), [f"call-{number:07d}" for number in range(min(calls, 60))]
    with session(engine) as db:
        judge_stored(db, terms, ids[:10], T0, None)
        began = time.process_time()
        judge_stored(db, terms, ids[10:], T0, None)
    return (time.process_time() - began) / max(1, len(ids) - 10) * 1e3


def profile(settings: Settings, engine: Engine, calls: int = 30) -> None:
    """Where the time of judging goes, in one process."""
    terms, ids = Terms(settings.desks), [f"call-{number:07d}" for number in range(calls)]
    with session(engine) as db:
        judge_stored(db, terms, ids[:20], T0, None)
        began, watch = time.process_time(), cProfile.Profile()
        watch.enable()
        judge_stored(db, terms, ids, T0, None)
        watch.disable()
    print(f"{(time.process_time() - began) / calls * 1e3:.2f} ms a call, with the profiler's own time")
    pstats.Stats(watch).sort_stats("cumulative").print_stats(25)


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
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, database(options.postgresql, Path(name)) as url:
        upgrade(url)
        engine = make_engine(url)
        began = time.perf_counter()
        fill(engine, options.calls, load_standard("vanke"))
        print(f"{options.calls} calls written in {time.perf_counter() - began:.0f} s", flush=True)
        override = {"rule": {"closing": {"phrases": CHANGED}}}
        settings = settings_of(url, Path(name), override=override)
        if options.profile:
            profile(settings, engine)
        else:
            cost = processor_time(settings, engine, options.calls)
            print(f"{cost:.1f} ms of one core a call: {1e3 / cost:.0f} calls a second and core", flush=True)
            seconds = asyncio.run(work_off(settings, engine, options.workers))
            rate = options.calls / seconds
            print(f"{options.calls} calls judged again in {seconds:.0f} s: {rate:.0f} calls a second")
        engine.dispose()


if __name__ == "__main__":
    main()
