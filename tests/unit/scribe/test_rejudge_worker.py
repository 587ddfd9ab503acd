"""What the judging process answers."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Engine

from callcenter.scribe.rejudge_worker import answer, from_plain
from callcenter.store.engine import session
from callcenter.store.judgings import add_sets
from tests.unit.scribe.history import history, now_says, settings_of


def test_its_answer_can_be_kept(engine: Engine, tmp_path: Path) -> None:
    history(engine, "c1")
    settings = settings_of(engine, tmp_path)
    desks = [desk.model_dump(mode="json") for desk in settings.desks]
    question = {
        "url": settings.database_url,
        "desks": desks,
        "timezone": "Asia/Shanghai",
        "order": None,
        "calls": ["c1"],
    }
    told = json.loads(json.dumps(answer(json.loads(json.dumps(question)))))
    with session(engine) as db:
        (kept,) = add_sets(db, from_plain(told))
    assert kept.changed
    opening = now_says(engine, "c1")["opening"]
    assert (opening.verdict, opening.engine) == ("pass", "small")
    assert opening.why_zh and "万科物业" in opening.why_zh


def test_a_standard_that_is_wrong_is_told(engine: Engine, tmp_path: Path) -> None:
    wrong = tmp_path / "own.toml"
    wrong.write_text("name = 3\n", "utf-8")
    settings = settings_of(engine, tmp_path, standard=str(wrong))
    desks = [desk.model_dump(mode="json") for desk in settings.desks]
    told = answer(
        {
            "url": settings.database_url,
            "desks": desks,
            "timezone": "Asia/Shanghai",
            "order": None,
            "calls": [],
        }
    )
    assert "own.toml" in told["error"]
