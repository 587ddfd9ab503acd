"""Judged calls to keep."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason
from callcenter.domain.reviews import Person
from callcenter.domain.standards import Standard
from callcenter.standards import load_standard
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.judgings import Judged, Kept, NewSet, Weighed, add_sets
from callcenter.store.verdicts import Shown, newest_findings
from tests.unit.store.facts import answered, at

QA, CHIEF, BOSS = Person("8007", "qa"), Person("8009", "supervisor"), Person("8090", "admin")
AGENT = Person("8001", "agent")
"""Who took the calls of `tests.unit.store.facts`."""

FIRST = replace(load_standard("vanke"), version="1")
SECOND = replace(FIRST, version="2")


def finding(rule: str = "opening", verdict: str = "fail", heard: str = "") -> Finding:
    return Finding(rule, Verdict(verdict), "vanke A2", 0.5, 2.0, heard, Reason(Code.NO_PHRASE))


def a_set(
    call_id: str,
    *findings: Finding,
    second: float = 60,
    standard: Standard = FIRST,
    rejudging: int | None = None,
) -> NewSet:
    return NewSet(call_id, findings, Judged(Weighed.of(standard), "small", at(second), rejudging))


def judge(engine: Engine, *sets: NewSet) -> list[Kept]:
    """Keeps the calls, answered by 8001, with their verdicts."""
    with session(engine) as db:
        for each in sets:
            save_call(db, answered(each.call_id), "main", "n")
        return add_sets(db, sets)


def newest(db: Session, call_id: str, rule: str = "opening") -> Shown:
    (found,) = [each for each in newest_findings(db, [call_id]) if each.rule == rule]
    return found
