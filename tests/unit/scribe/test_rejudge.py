"""Stored calls judged again, without their sound."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.terms import Terms
from callcenter.standards import load_standard
from callcenter.store.engine import session
from callcenter.store.judgings import NewSet, add_sets
from tests.unit.scribe.history import history, settings_of
from tests.unit.scribe.rows import at, recorded


def again(engine: Engine, tmp_path: Path, *ids: str) -> list[NewSet]:
    terms = Terms(settings_of(engine, tmp_path).desks)
    with session(engine) as db:
        return judge_stored(db, terms, ids, at(500), None)


def test_words_are_judged_by_the_standard_of_today(engine: Engine, tmp_path: Path) -> None:
    history(engine, "c1", "c2")
    sets = again(engine, tmp_path, "c1", "c2")
    assert [each.call_id for each in sets] == ["c1", "c2"]
    judged = sets[0].judged
    assert (judged.standard.digest, judged.engine, judged.at) == (
        load_standard("vanke").digest,
        "small",
        at(500),
    )
    verdicts = {each.rule: each.verdict.value for each in sets[0].findings}
    assert (verdicts["opening"], verdicts["three_rings"]) == ("pass", "pass")


def test_what_was_not_heard_freely_and_not_listened_for_is_unsure(engine: Engine, tmp_path: Path) -> None:
    history(engine, "c1", agent=("喂", "什么", "事"))
    (found,) = again(engine, tmp_path, "c1")
    opening = next(each for each in found.findings if each.rule == "opening")
    assert opening.verdict.value == "unsure"
    assert "listened for" in opening.why


def test_what_is_judged_by_it_already_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    history(engine, "c1", "c2")
    with session(engine) as db:
        add_sets(db, again(engine, tmp_path, "c1"))
    assert [each.call_id for each in again(engine, tmp_path, "c1", "c2")] == ["c2"]


def test_a_call_that_was_never_judged_is_left_to_who_reads_it(engine: Engine, tmp_path: Path) -> None:
    recorded(engine, "c1")
    assert again(engine, tmp_path, "c1", "nope") == []
