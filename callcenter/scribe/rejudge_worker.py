"""The process that judges history again: one JSON object a line in, one out, until its standard input ends.

It runs apart, and nicely, because comparing phrases takes a core. It reads and judges, and writes nothing. A
new one is started for every order, so that standards and flows are read as they are then.

Request: `{"url": "sqlite:///…", "desks": [{…}], "timezone": "…", "order": 3, "calls": ["…", …]}`.
Answer: `{"standards": {digest: […]}, "bases": {digest: {…}}, "sets": [{"call": …, "findings": [[…], …],
"taken": […], …}]}`, or `{"error": "…"}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Engine

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason
from callcenter.judging.basis import Basis, Ground
from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.terms import Terms
from callcenter.settings import Desk
from callcenter.standards import StandardError
from callcenter.store.engine import make_engine, session
from callcenter.store.judgings import Judged, NewSet, TakenOver, Weighed

NICENESS = 15
"""Below everything that serves a call under way."""


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The new sets of verdicts of the calls that `request` names."""
    try:
        terms = _terms(json.dumps(request["desks"], sort_keys=True), request["timezone"])
    except StandardError as error:
        return {"error": str(error)}
    with session(_engine(request["url"])) as db:
        sets = judge_stored(db, terms, request["calls"], datetime.now(UTC), request["order"])
    return to_plain(sets)


@cache
def _engine(url: str) -> Engine:
    return make_engine(url)


@cache
def _terms(desks: str, timezone: str) -> Terms:
    return Terms(TypeAdapter(tuple[Desk, ...]).validate_json(desks), ZoneInfo(timezone))


def to_plain(sets: Sequence[NewSet]) -> dict[str, Any]:
    """Sets as JSON types; the standards and what the sets rest on are told once."""
    standards = {each.judged.standard.digest: each.judged.standard for each in sets}
    bases = [each.judged.ground.basis for each in sets if each.judged.ground]
    return {
        "standards": {
            digest: [each.name, each.version, each.title, dict(each.rules)]
            for digest, each in standards.items()
        },
        "bases": {each.digest: dict(each.rules) for each in bases},
        "sets": [_set_to_plain(each) for each in sets],
    }


def _set_to_plain(new: NewSet) -> dict[str, Any]:
    judged, taken = new.judged, new.taken
    return {
        "call": new.call_id,
        "engine": judged.engine,
        "at": judged.at.isoformat(),
        "order": judged.rejudging,
        "standard": judged.standard.digest,
        "ground": judged.ground and [judged.ground.basis.digest, judged.ground.inputs],
        "findings": [_plain(each) for each in new.findings],
        "taken": taken and [taken.judging_id, sorted(taken.rules), dict(taken.verdicts)],
    }


def from_plain(told: Mapping[str, Any]) -> list[NewSet]:
    """What `to_plain` gave."""
    standards = {digest: Weighed(digest, *each) for digest, each in told["standards"].items()}
    bases = {digest: Basis(digest, rules) for digest, rules in told["bases"].items()}
    return [_set_from_plain(each, standards, bases) for each in told["sets"]]


def _set_from_plain(
    told: Mapping[str, Any], standards: Mapping[str, Weighed], bases: Mapping[str, Basis]
) -> NewSet:
    ground = told["ground"] and Ground(bases[told["ground"][0]], told["ground"][1])
    at = datetime.fromisoformat(told["at"])
    judged = Judged(standards[told["standard"]], told["engine"], at, told["order"], ground)
    findings = [_finding(*each) for each in told["findings"]]
    return NewSet(told["call"], findings, judged, told["taken"] and _taken(*told["taken"]))


def _taken(judging_id: int, rules: Sequence[str], verdicts: Mapping[str, str]) -> TakenOver:
    return TakenOver(judging_id, frozenset(rules), {rule: Verdict(each) for rule, each in verdicts.items()})


def _plain(each: Finding) -> list[Any]:
    why = each.reason
    told = None if why is None else [why.code.value, dict(why.args)]
    return [each.rule, each.verdict.value, each.clause, each.start, each.end, each.heard, told]


def _finding(
    rule: str, verdict: str, clause: str, start: float | None, end: float | None, heard: str, told: Any
) -> Finding:
    why = None if told is None else Reason(Code(told[0]), told[1])
    return Finding(rule, Verdict(verdict), clause, start, end, heard, why)


def main() -> None:
    os.nice(NICENESS)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line)), ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):  # the role is ending, or has ended
        os._exit(0)
