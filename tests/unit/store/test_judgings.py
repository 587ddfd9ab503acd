"""Sets of verdicts beside one another, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, reason
from callcenter.judging.basis import Ground, basis_of
from callcenter.store.engine import session
from callcenter.store.judgings import NewSet, TakenOver, add_sets, sets_of
from callcenter.store.tables import FindingRow
from callcenter.store.verdict_tables import Judging, JudgingBasis, Rejudging, ReviewItem, StandardVersion
from tests.unit.store.facts import at
from tests.unit.store.verdicts import FIRST, SECOND, a_set, finding, judge, newest


def waiting(db: Session) -> dict[int, tuple[str, str]]:
    return {item.finding_id: (item.state, item.cause) for item in db.exec(select(ReviewItem))}


def test_a_new_set_stands_beside_the_old(engine: Engine) -> None:
    (first,) = judge(engine, a_set("c1", finding(verdict="fail")))
    (second,) = judge(engine, a_set("c1", finding(verdict="pass"), second=90, standard=SECOND))
    assert (first.changed, second.changed) == (False, True)
    with session(engine) as db:
        newer, older = sets_of(db, "c1")
        assert newest(db, "c1").verdict == "pass"
        assert newest(db, "c1").standard_version == "2"
    assert [row.verdict for row in older[1]] == ["fail"]
    assert (older[0].version, older[0].digest, older[0].engine) == ("1", FIRST.digest, "small")
    assert (newer[0].judged_at, newer[0].digest) == (at(90), SECOND.digest)
    assert FIRST.digest != SECOND.digest


def test_the_same_version_twice_is_two_sets_as_well(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="unsure")))
    judge(engine, a_set("c1", finding(verdict="pass")))
    with session(engine) as db:
        assert [rows[0].verdict for _, rows in sets_of(db, "c1")] == ["pass", "unsure"]
        assert newest(db, "c1").machine == "pass"


def test_many_calls_at_once_keep_their_own(engine: Engine) -> None:
    sets = [a_set(f"c{n}", finding(), finding("closing", "pass" if n % 2 else "fail")) for n in range(30)]
    kept = judge(engine, *sets)
    assert len({each.judging_id for each in kept}) == 30
    with session(engine) as db:
        assert {newest(db, f"c{n}", "closing").verdict for n in range(1, 30, 2)} == {"pass"}
        for each in kept:
            rows = db.exec(select(FindingRow).where(FindingRow.judging_id == each.judging_id)).all()
            assert [row.call_id for row in rows] == [each.call_id] * 2


def test_what_a_standard_weighs_is_remembered_once(engine: Engine) -> None:
    judge(engine, a_set("c1", finding()), a_set("c2", finding(), standard=SECOND))
    judge(engine, a_set("c3", finding()))
    with session(engine) as db:
        kept = {row.digest: row for row in db.exec(select(StandardVersion))}
    assert set(kept) == {FIRST.digest, SECOND.digest}
    assert kept[FIRST.digest].title == FIRST.title
    assert kept[FIRST.digest].rules["opening"] == {
        "title": "开头语",
        "weight": FIRST.rules[1].weight,
        "severity": "normal",
        "automatic_fail": False,
    }


def test_what_nobody_could_decide_waits_for_people(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="unsure"), finding("closing", "pass")))
    with session(engine) as db:
        assert waiting(db) == {newest(db, "c1").id: ("open", "unsure")}


def test_a_finding_that_says_the_very_same_is_no_new_one_to_people(engine: Engine) -> None:
    same = finding(verdict="unsure", heard="您好吗")
    judge(engine, a_set("c1", same))
    judge(engine, a_set("c1", same, second=90, standard=SECOND))
    judge(engine, a_set("c1", same, second=99, standard=SECOND))
    with session(engine) as db:
        old = sets_of(db, "c1")[-1][1][0]
        assert newest(db, "c1").id == old.id
        assert waiting(db) == {old.id: ("open", "unsure")}


def test_what_was_decided_anew_is_not_waited_for_any_more(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="unsure")), a_set("c2", finding(verdict="unsure")))
    judge(engine, a_set("c1", finding(verdict="pass"), second=90))
    with session(engine) as db:
        kept = db.exec(select(ReviewItem)).all()
    assert {item.call_id: item.state for item in kept} == {"c1": "superseded", "c2": "open"}


def test_history_waits_behind_what_happens_now(engine: Engine) -> None:
    judge(engine, a_set("c1", finding(verdict="pass")))
    with session(engine) as db:
        order = Rejudging(by="8007", created_at=at(80))
        db.add(order)
        db.flush()
        add_sets(db, [a_set("c1", finding(verdict="unsure"), second=90, rejudging=order.id)])
        assert list(waiting(db).values()) == [("open", "history")]


def test_the_reason_is_kept_for_either_language(engine: Engine) -> None:
    told = reason(Code.TRANSFERRED_TO, target="8100")
    judge(
        engine,
        a_set(
            "c1",
            Finding("opening", finding().verdict, "A2", reason=told),
            Finding("closing", finding().verdict, "A8"),
        ),
    )
    with session(engine) as db:
        opening = newest(db, "c1")
        assert (opening.why, opening.why_zh) == ("the call was transferred to 8100", "通话已转接至 8100")
        assert newest(db, "c1", "closing").why_zh is None


def test_no_sets_are_no_work(engine: Engine) -> None:
    with session(engine) as db:
        assert add_sets(db, []) == []


def stays(call_id: str, old: int, *new: Finding, **verdicts: str) -> NewSet:
    """A set of which `verdicts` are taken over from the set `old`."""
    told = {rule: Verdict(verdict) for rule, verdict in verdicts.items()}
    taken = TakenOver(old, frozenset(verdicts), told)
    return replace(a_set(call_id, *new, second=90, standard=SECOND), taken=taken)


def test_what_stays_is_copied_in_its_place_and_repeats_what_was_said_first(engine: Engine) -> None:
    told = finding(verdict="unsure", heard="您好吗"), finding("ask_to_wait"), finding("closing", "pass")
    (first,) = judge(engine, a_set("c1", *told))
    (other,) = judge(engine, a_set("c2", finding("three_rings", "fail")))
    (second,) = judge(
        engine,
        stays("c1", first.judging_id, finding("ask_to_wait", "pass"), opening="unsure", closing="pass"),
    )
    judge(engine, stays("c1", second.judging_id, opening="unsure", ask_to_wait="pass"))
    with session(engine) as db:
        newest_set, middle, oldest = sets_of(db, "c1")
        assert [row.rule for row in middle[1]] == ["opening", "ask_to_wait", "closing"]
        was, now = oldest[1][0], newest_set[1][0]
        assert (now.verdict, now.heard, now.why, now.reason_args) == (was.verdict, was.heard, was.why, {})
        assert (now.repeats, middle[1][1].repeats, middle[1][2].repeats) == (was.id, None, oldest[1][2].id)
        assert waiting(db) == {was.id: ("open", "unsure")}
        assert [row.rule for row in newest_set[1]] == ["opening", "ask_to_wait"]
        assert db.get_one(Judging, other.judging_id).score == 0.0


def test_a_set_changed_where_a_new_finding_or_a_missing_one_says_otherwise(engine: Engine) -> None:
    (first,) = judge(engine, a_set("c1", finding(), finding("closing", "pass")))
    sets = [
        stays("c1", first.judging_id, finding("closing", "pass"), opening="fail"),
        stays("c1", first.judging_id, finding("closing", "fail"), opening="fail"),
        stays("c1", first.judging_id, opening="fail"),
    ]
    for new, changed in zip(sets, (False, True, True), strict=True):
        with Session(engine) as db:
            assert [each.changed for each in add_sets(db, [new])] == [changed]


def test_the_score_counts_what_stays(engine: Engine) -> None:
    (first,) = judge(engine, a_set("c1", finding(verdict="pass"), finding("closing", "pass")))
    (second,) = judge(engine, stays("c1", first.judging_id, finding("closing", "fail"), opening="pass"))
    with session(engine) as db:
        score = db.get_one(Judging, second.judging_id).score
    assert score is not None and 0.0 < score < 100.0


def test_what_a_set_rests_on_is_kept_beside_it(engine: Engine) -> None:
    ground = Ground(basis_of(FIRST), "0123456789ab")
    new = a_set("c1", finding())
    (kept,) = judge(engine, replace(new, judged=replace(new.judged, ground=ground)))
    with session(engine) as db:
        row = db.get_one(Judging, kept.judging_id)
        assert (row.basis, row.inputs) == (ground.basis.digest, "0123456789ab")
        assert db.get_one(JudgingBasis, ground.basis.digest).rules == dict(ground.basis.rules)
