"""What the judge of a soak calls a fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, create_engine

from callcenter.store.tables import Call, Job, Leg, Recording
from sip.media.g711 import PCMA
from sip.media.wav import build
from tests.soak.judge import EMPTY, RETURNS, busy, faults_on_record, more_instances, slope, strayed
from tests.soak.plan import Kind, plan
from tests.soak.scripts import Report

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


def test_a_plan_is_the_same_for_the_same_seed_and_begins_with_every_kind() -> None:
    def first(seed: int) -> list[tuple[Kind, float]]:
        return [(deed.kind, deed.random().random()) for deed, _ in zip(plan(seed), range(60), strict=False)]

    assert first(1) == first(1) != first(2)
    assert {kind for kind, _ in first(1)[: len(Kind)]} == set(Kind)


def test_what_does_not_return_is_named() -> None:
    before = dict.fromkeys((*EMPTY, *RETURNS), 0) | {"bindings": 3, "fd_file": 5}
    assert strayed(before, before | {"fd_file": 15}) == [] == busy(before)
    after = before | {"calls": 1, "bindings": 2, "fd_file": 50}
    assert strayed(before, after) == [
        "calls: 0 before, 1 after",
        "bindings: 3 before, 2 after",
        "fd_file: 5 before, 50 after",
    ]
    assert busy(after) == ["calls"]


def test_more_objects_of_a_class_are_named_and_the_slope_is_no_leap() -> None:
    assert more_instances({"a": 5, "b": 1}, {"a": 400, "b": 2, "c": 9}, 8) == [
        "a: 5 before, 400 after",
        "c: 0 before, 9 after",
    ]
    flat = [(float(n), 100.0 if n < 50 else 104.0) for n in range(0, 100, 10)]
    assert slope(flat) == pytest.approx(0.0, abs=0.06)
    assert slope([(float(n), 0.5 * n) for n in range(9)]) == pytest.approx(0.5)


def test_what_is_wrong_on_record_is_named(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    (tmp_path / "good.wav").write_bytes(build(PCMA, bytes(8000)))
    (tmp_path / "short.wav").write_bytes(build(PCMA, bytes(8000))[:-100])
    with Session(engine) as work:
        work.add(_call("c1", "answered"))
        work.add(_call("c2", None))
        work.add(Job(call_id="c1", created_at=NOW))
        for name, call in (("l1", "c1"), ("l2", "c2")):
            leg = Leg(id=name, call_id=call, position=0, role="caller", party="1", invite_at=NOW)
            leg.sip_call_id, leg.ended_at = f"sip-{call}", NOW if call == "c1" else None
            work.add(leg)
        for name, seconds in (("good", 1.0), ("short", 1.0), ("gone", 1.0)):
            path = f"{name}.wav"
            row = Recording(id=name, call_id="c1", leg_id="l1", path=path, codec="PCMA", started_at=NOW)
            row.finished, row.duration_seconds = True, seconds
            work.add(row)
        work.flush()
        seen = Report(1, "talk", "sip-c1", "answered", ["answered"], ["caller"])
        wrong = Report(2, "busy", "sip-c9", "486", ["busy"])
        none = Report(3, "nowhere", "sip-c9", "404")
        by = Report(4, "lost", "sip-c1", "answered", ["answered"], ["network"])
        found = faults_on_record(work, tmp_path, [seen, wrong, none, by])
    beginnings = (
        "call c2 of 1 has no end",
        "call c2 of 1 was not handed over",
        "leg l2 (caller 1) of call c2 has no end",
        "deed 2 (busy), whose caller saw 486: none on record, not busy",
        "deed 4 (lost), whose caller saw answered: ended by caller on record, not network",
        "recording short.wav: 7958 bytes",
        "recording gone.wav: ",
    )
    assert len(found) == len(beginnings)
    for line, beginning in zip(found, beginnings, strict=True):
        assert line.startswith(beginning)


def _call(id: str, outcome: str | None) -> Call:
    ended = NOW if outcome else None
    return Call(
        id=id,
        site="s",
        node="n",
        direction="inbound",
        line="external",
        caller="1",
        callee="2",
        started_at=NOW,
        ended_at=ended,
        outcome=outcome,
        hung_up_by="caller",
    )
