"""Stored calls judged again, without their sound."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import Session

from callcenter.domain.standards import Standard
from callcenter.scribe import rejudge
from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.terms import Terms
from callcenter.standards import load_standard
from callcenter.store.engine import session
from callcenter.store.hearings import keep_hearing
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets
from callcenter.store.tables import FindingRow, Record
from callcenter.store.verdict_tables import Judging
from callcenter.store.verdicts import newest_findings
from tests.unit.judging.every_rule import EVERY_RULE
from tests.unit.scribe.changes import NAMES, By, changed, stored
from tests.unit.scribe.history import THEN, history, settings_of
from tests.unit.scribe.rows import at, recorded
from transcripts.transcript import Transcript


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


Told = dict[tuple[str, str], tuple[object, ...]]


def told_by(db: Session, standard: Standard, ids: list[str], names: tuple[str, ...], *, whole: bool) -> Told:
    """All that the calls' sets say once they are judged again; `whole`: nothing is taken over."""
    if whole:
        db.execute(update(Judging).values(inputs=None, basis=None))
    sets = judge_stored(db, By(standard, names), ids, at(9000), None)
    assert all(each.taken is None for each in sets) or not whole
    add_sets(db, sets)
    found = {(each.call_id, each.rule): said(each.row) for each in newest_findings(db, ids)}
    db.rollback()
    return found


def said(row: FindingRow) -> tuple[object, ...]:
    return row.verdict, row.clause, row.start, row.end, row.heard, row.why, row.reason, row.reason_args


@pytest.fixture
def judged(engine: Engine) -> list[str]:
    """Calls judged by EVERY_RULE: twice, for of the first set nobody knew what it rests on."""
    ids = stored(engine)
    with session(engine) as db:
        add_sets(db, [NewSet(id, [], Judged(Weighed.of(THEN), "small", at(62))) for id in ids])
        add_sets(db, judge_stored(db, By(EVERY_RULE), ids, at(8000), None))
    return ids


def test_what_is_taken_over_is_what_judging_all_again_would_say(engine: Engine, judged: list[str]) -> None:
    taken = 0
    for seed in range(8):
        standard = changed(EVERY_RULE, random.Random(seed))
        names = NAMES if seed % 4 else ("海逸长洲",)
        with Session(engine) as db:
            partly = told_by(db, standard, judged, names, whole=False)
            assert partly == told_by(db, standard, judged, names, whole=True), seed
            sets = judge_stored(db, By(standard, names), judged, at(9000), None)
            taken += sum(len(each.taken.verdicts) for each in sets if each.taken)
    assert taken > 8 * len(judged) * 15  # of 27 rules


def test_only_the_changed_phrase_is_judged(engine: Engine, judged: list[str]) -> None:
    rules = (replace(each, phrases=("再见",)) if each.id == "closing" else each for each in EVERY_RULE.rules)  # type: ignore[call-arg]
    with session(engine) as db:
        sets = judge_stored(db, By(replace(EVERY_RULE, rules=tuple(rules))), judged, at(9000), None)
    assert {finding.rule for each in sets for finding in each.findings} == {"closing"}
    assert all(each.taken and "closing" not in each.taken.verdicts for each in sets)


def test_a_weight_that_was_changed_asks_for_no_judging(engine: Engine, judged: list[str]) -> None:
    heavy = replace(EVERY_RULE, rules=tuple(replace(each, weight=5.0) for each in EVERY_RULE.rules))
    with session(engine) as db:
        kept = add_sets(db, judge_stored(db, By(heavy), judged, at(9000), None))
        assert len(kept) == len(judged) and not any(each.changed for each in kept)


@pytest.mark.parametrize("later", ["written down", "heard anew"])
def test_a_call_of_which_more_is_known_is_judged_whole(engine: Engine, judged: list[str], later: str) -> None:
    with session(engine) as db:
        if later == "written down":
            db.add(Record(call_id="good", created_at=at(60), kind="complaint", filled_at=at(100)))
        else:
            keep_hearing(db, "good-agent-recording", Transcript((), (), 50.0), "large", at(8500))
    with session(engine) as db:
        sets = judge_stored(db, By(replace(EVERY_RULE, max_rings=2)), judged, at(9000), None)
    assert {each.call_id for each in sets if each.taken is None} == {"good"}


def test_signalling_alone_is_judged_without_what_was_heard(
    engine: Engine, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load_hearings(db: Session, ids: list[str]) -> dict[str, dict[str, Transcript]]:
        asked.extend(ids)
        return {}

    monkeypatch.setattr(rejudge, "load_hearings", load_hearings)
    with session(engine) as db:
        sets = judge_stored(db, By(replace(EVERY_RULE, max_rings=1)), judged, at(9000), None)
    assert not asked
    assert {finding.rule for each in sets for finding in each.findings} == {"three_rings"}
