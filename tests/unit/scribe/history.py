"""Calls of long ago: words on record, judged by a standard as it was then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from callcenter.domain.findings import Finding, Verdict
from callcenter.settings import Settings
from callcenter.standards import load_standard
from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets
from callcenter.store.tables import Call
from callcenter.store.verdicts import Shown, newest_findings
from tests.unit.scribe.rows import at, recorded
from transcripts.recogniser import Word

THEN = replace(load_standard("vanke"), version="0.9")


def said(*texts: str) -> list[Word]:
    return [Word(text, 0.5 + n, 1.3 + n, 0.9) for n, text in enumerate(texts)]


def history(engine: Engine, *ids: str, agent: tuple[str, ...] = ("您好", "万科", "物业")) -> None:
    """Calls, the first the newest, of which the agent's words are known."""
    for number, id in enumerate(ids):
        recorded(engine, id)
        with session(engine) as db:
            db.get_one(Call, id).started_at -= timedelta(seconds=number)
            jobs.replace_words(db, f"{id}-agent-recording", said(*agent))
            held = jobs.claim(db, "then", at(20), timedelta(seconds=9))
            assert held is not None and jobs.finish(db, held, at(21))
            findings = [Finding("opening", Verdict.FAIL, "A2"), Finding("three_rings", Verdict.PASS, "A1")]
            add_sets(db, [NewSet(id, findings, Judged(Weighed.of(THEN), "small", at(30)))])


def now_says(engine: Engine, call_id: str) -> dict[str, Shown]:
    with session(engine) as db:
        return {each.rule: each for each in newest_findings(db, [call_id])}


def settings_of(engine: Engine, tmp_path: Path, **desk: object) -> Settings:
    front = {"id": "front", "number": "8000", "name": "万科物业", "agents": ["8001"], **desk}
    return Settings(
        data=tmp_path,
        database={"url": engine.url.render_as_string(hide_password=False)},
        desk=[front],
        extension=[{"number": "8001", "password": "x"}],
    )
