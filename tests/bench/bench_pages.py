"""How long the pages take that read stored calls: a database of 100 000 calls, each page asked several times.

python -m tests.bench.bench_pages [--calls 100000] [--postgresql] [--keep FILE]

The calls are some of a year, with the findings of 27 rules each, utterances, a review queue, reviews and
appeals; a tenth of them were judged again. Prints the median of each page's answer and of its processor time,
which other work on the machine changes less. `--keep` keeps the SQLite database in that file, and takes it
from there the next time.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import Session, SQLModel

from callcenter.domain.findings import Verdict
from callcenter.domain.reviews import RANK, Cause
from callcenter.settings import Settings
from callcenter.standards import load_standard
from callcenter.store.engine import make_engine, session
from callcenter.store.judgings import Weighed, keep_standards
from callcenter.store.migrate import upgrade
from callcenter.store.tables import Call, Job, Leg, Recording, UtteranceRow
from callcenter.store.utterances import utterance_rows
from callcenter.store.verdict_tables import Appeal, FindingRow, Judging, Review, ReviewItem
from callcenter.web.app import create_app
from tests.bench.bench_rejudge import DIALOGUES, words_of
from tests.servers import postgresql
from tests.unit.web.client import Client

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
APART = timedelta(minutes=5)
"""Between two calls: 288 a day."""
CHUNK = 500
"""Calls in one transaction while they are written."""
AGENTS = tuple(str(number) for number in range(8101, 8121))
WEIGHTS = (0.90, 0.05, 0.02, 0.03)
"""How often a finding is pass, fail, unsure and not applicable."""
TIMES = 3

PAGES = (
    "/",
    "/?day=2026-11-20",
    "/calls",
    "/calls?page=1000",
    "/calls?verdict=fail",
    "/calls?verdict=pass",
    "/calls?verdict=unsure",
    "/calls?rule=closing&verdict=fail",
    "/calls?rule=closing",
    "/calls?q=1380013",
    "/calls?said=漏水",
    "/calls?said=好",
    "/calls?said=5栋802",
    "/calls?said=楼水",
    "/calls?said=您好&desk=front&day=2026-11-20",
    "/calls/call-0000010",
    "/review",
    "/review?cause=random",
    "/review?skip=200",
    "/appeals",
    "/appeals?state=",
    "/scores",
    "/scores?agent=8103&days=90",
    "/review-report",
    "/review-report?days=365",
    "/rejudgings",
    "/api/v1/calls?verdict=fail",
    "/api/v1/reviews?by=8103&rule=closing",
    "/api/v1/search?q=漏水&role=caller",
    "/api/v1/scores?days=365",
    "/api/v1/reviews/report",
    "/metrics",
)

Rows = list[tuple[type[SQLModel], list[dict[str, Any]]]]


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    """What a row has where nothing is said."""
    filled = table().model_dump()
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
    return {column.name: filled[column.name] for column in columns if column.name in filled}


def row(table: type[SQLModel], **values: Any) -> dict[str, Any]:
    """A row as the database takes it; models would cost more than the database."""
    plain = {**_defaults(table), **values}
    return {name: value for name, value in plain.items() if name != "id" or value is not None}


@dataclass(frozen=True)
class Found:
    """The verdicts on a call, by id."""

    judgings: dict[int, dict[str, Any]]
    findings: dict[int, dict[str, Any]]
    items: dict[int, dict[str, Any]]
    reviews: dict[int, list[dict[str, Any]]]
    appeals: dict[int, dict[str, Any]]

    def rows(self) -> Rows:
        said = [each for several in self.reviews.values() for each in several]
        plain: Rows = [(Judging, [*self.judgings.values()]), (FindingRow, [*self.findings.values()])]
        asked: Rows = [
            (ReviewItem, [*self.items.values()]),
            (Review, said),
            (Appeal, [*self.appeals.values()]),
        ]
        return plain + asked


@dataclass(frozen=True)
class Line:
    """A line of a dialogue, and its row among the utterances (without its recording)."""

    leg: str
    row: dict[str, Any]


def read_lines() -> list[Line]:
    """Every line of the spoken dialogues beside the repository."""
    stories = [json.loads(path.read_text("utf-8")) for path in sorted(DIALOGUES.glob("*.json"))]
    said = [line for story in stories for line in story["timeline"] if line.get("text")]
    found = []
    for line in said:
        words = words_of(line["text"], 0.0, line["end"] - line["start"])
        found += [Line(line["leg"], row) for row in utterance_rows(words)[:1]]
    return found


class Writer:
    """Makes up calls, from the newest back; a seed makes them the same each time."""

    def __init__(self, seed: int = 5) -> None:
        self._chance = random.Random(seed)
        self._lines = read_lines()
        self._standard = load_standard("vanke")
        self._judging, self._finding = 0, 0

    def fill(self, engine: Engine, calls: int) -> None:
        with session(engine) as db:
            keep_standards(db, [Weighed.of(self._standard)])
        for begin in range(0, calls, CHUNK):
            with session(engine) as db:
                _write(db, [self._call(number) for number in range(begin, min(calls, begin + CHUNK))])

    def _call(self, number: int) -> Rows:
        chance, id, agent = self._chance, f"call-{number:07d}", self._chance.choice(AGENTS)
        began = NOW - timedelta(hours=1) - APART * number
        answered, ended = began + timedelta(seconds=6), began + timedelta(seconds=90)
        caller = f"138{chance.randrange(10**8):08d}"
        call = row(
            Call, id=id, site="main", node="n", direction="inbound", line="external", desk="front",
            standard="vanke", caller=caller, callee="8000", started_at=began, first_ringing_at=began,
            answered_at=answered, ended_at=ended, outcome="answered", rings=2, ring_seconds=6.0,
            three_rings="fail" if chance.random() < 0.03 else "pass", talk_seconds=84.0, hung_up_by="caller",
        )  # fmt: skip
        sides = (("caller", caller), ("agent", agent))
        legs = [
            row(Leg, id=f"{id}-{role}", call_id=id, position=at, role=role, party=party, invite_at=began,
                answered_at=answered, ended_at=ended, bound=3)
            for at, (role, party) in enumerate(sides)
        ]  # fmt: skip
        recordings = [
            row(Recording, id=f"{id}-{role}-r", call_id=id, leg_id=f"{id}-{role}", path="x.wav", codec="PCMA",
                started_at=answered, finished=True, duration_seconds=84.0)
            for role, _ in sides
        ]  # fmt: skip
        job = row(Job, call_id=id, state="done", created_at=ended, finished_at=ended)
        tables: Rows = [
            (Call, [call]), (Leg, legs), (Recording, recordings), (Job, [job]),
            (UtteranceRow, self._utterances(id)),
        ]  # fmt: skip
        return tables + self._verdicts(id, agent, ended)

    def _utterances(self, id: str) -> list[dict[str, Any]]:
        said = enumerate(self._chance.sample(self._lines, 8))
        return [{**line.row, "recording_id": f"{id}-{line.leg}-r", "position": at} for at, line in said]

    def _verdicts(self, id: str, agent: str, ended: datetime) -> Rows:
        """One set, or two, of which the second says what the first did."""
        chance, found = self._chance, Found({}, {}, {}, {}, {})
        verdicts = chance.choices([each.value for each in Verdict], WEIGHTS, k=len(self._standard.rules))
        drawn, first = chance.random() < 0.05, self._finding
        for again in range(2 if chance.random() < 0.1 else 1):
            self._judging += 1
            found.judgings[self._judging] = row(
                Judging, id=self._judging, call_id=id, standard="vanke", version="2.0",
                digest=self._standard.digest, engine="bench", judged_at=ended,
                score=100.0 * chance.random(), failed=chance.random() < 0.01,
            )  # fmt: skip
            for at, (rule, verdict) in enumerate(zip(self._standard.rules, verdicts, strict=True), first + 1):
                self._finding += 1
                found.findings[self._finding] = row(
                    FindingRow, id=self._finding, call_id=id, judging_id=self._judging, rule=rule.id,
                    verdict=verdict, clause=rule.clause, start=1.0, end=2.0, heard="您好",
                    repeats=at if again else None,
                )  # fmt: skip
                if not again and (verdict == Verdict.UNSURE or drawn):
                    self._ask(found, found.findings[self._finding], agent, ended)
        return found.rows()

    def _ask(self, found: Found, finding: dict[str, Any], agent: str, ended: datetime) -> None:
        """People are asked; half of it was answered. Some of the fails are appealed against."""
        chance, said, id = self._chance, finding["verdict"], finding["id"]
        cause = Cause.UNSURE if said == Verdict.UNSURE else Cause.RANDOM
        seen, other = chance.random() < 0.5, said == Verdict.UNSURE or chance.random() < 0.2
        verdict = chance.choice(("pass", "fail")) if other else said
        wanted = 1 + (chance.random() < 0.1)
        found.items[id] = row(
            ReviewItem, finding_id=id, call_id=finding["call_id"], rule=finding["rule"], cause=cause.value,
            rank=RANK[cause], wanted=wanted, created_at=ended, state="decided" if seen else "open",
            verdict=verdict if seen else None, decided_at=ended if seen else None,
        )  # fmt: skip
        if seen:
            told = {"finding_id": id, "verdict": verdict, "reason": "听到了", "at": ended}
            found.reviews[id] = [row(Review, by=by, **told) for by in ("8009", "8090")[:wanted]]
        if said == Verdict.FAIL and chance.random() < 0.2:
            found.appeals[id] = row(
                Appeal, finding_id=id, call_id=finding["call_id"], agent=agent, reason="说了",
                raised_at=ended, state=chance.choice(("open", "rejected")),
            )  # fmt: skip


def _write(db: Session, histories: Sequence[Rows]) -> None:
    for at, (table, _) in enumerate(histories[0]):
        if rows := [row for each in histories for row in each[at][1]]:
            db.execute(insert(table), rows)


def site(url: str, folder: Path) -> Settings:
    people = [{"number": number, "password": "x"} for number in AGENTS]
    staff = [{"number": "8009", "password": "x", "role": "supervisor"}]
    desk = {"id": "front", "number": "8000", "name": "万科物业", "agents": [*AGENTS]}
    return Settings(data=folder, database={"url": url}, desk=[desk], extension=people + staff)


def ask(settings: Settings, engine: Engine) -> list[tuple[str, float, float]]:
    """Of each page: the medians of its answer and of its processor time, in seconds."""
    with Client(create_app(settings, engine, commands=None, bus=None)) as client:
        client.post("/me", data={"extension": "8009"})
        return [(page, *_asked(client, page)) for page in PAGES]


def _asked(client: Client, page: str) -> tuple[float, float]:
    took, cost = [], []
    for _ in range(TIMES):
        began, ran = time.perf_counter(), time.process_time()
        answer = client.get(page)
        took.append(time.perf_counter() - began)
        cost.append(time.process_time() - ran)
        if answer.status_code != 200:
            raise SystemExit(f"{page}: {answer.status_code} {answer.text[:300]}")
    return statistics.median(took), statistics.median(cost)


@contextmanager
def database(wanted: bool, keep: Path | None, folder: Path) -> Iterator[tuple[str, bool]]:
    """An address, and whether the calls are there already."""
    if wanted:
        with postgresql() as url:
            yield url, False
    else:
        file = keep or folder / "bench.db"
        yield f"sqlite:///{file}", file.exists()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, database(options.postgresql, options.keep, Path(name)) as db:
        url, filled = db
        upgrade(url)
        engine = make_engine(url)
        if not filled:
            began = time.perf_counter()
            Writer().fill(engine, options.calls)
            print(f"{options.calls} calls written in {time.perf_counter() - began:.0f} s", flush=True)
        logging.disable()  # recordings that are not there
        for page, answered, cost in ask(site(url, Path(name)), engine):
            print(f"{answered * 1e3:8.0f} ms, processor {cost * 1e3:5.0f} ms  {page}", flush=True)
        engine.dispose()


if __name__ == "__main__":
    main()
