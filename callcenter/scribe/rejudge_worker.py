"""The process that judges history again: one JSON object a line in, one out, until its standard input ends.

It runs apart, and nicely, because comparing phrases takes a core. It reads and judges, and writes nothing. A
new one is started for every order, so that standards and flows are read as they are then.

Request: `{"url": "sqlite:///…", "desks": [{…}], "timezone": "…", "order": 3, "calls": ["…", …]}`.
Answer: `{"sets": [{"call": …, "engine": …, "standard": {…}, "findings": [[…], …]}]}`, or `{"error": "…"}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Engine

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason
from callcenter.scribe.rejudge import judge_stored
from callcenter.scribe.terms import Terms
from callcenter.settings import Desk
from callcenter.standards import StandardError
from callcenter.store.engine import make_engine, session
from callcenter.store.judgings import Judged, NewSet, Weighed

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
    return {"sets": [to_plain(each) for each in sets]}


@cache
def _engine(url: str) -> Engine:
    return make_engine(url)


@cache
def _terms(desks: str, timezone: str) -> Terms:
    return Terms(TypeAdapter(tuple[Desk, ...]).validate_json(desks), ZoneInfo(timezone))


def to_plain(new: NewSet) -> dict[str, Any]:
    """A set as JSON types."""
    standard = new.judged.standard
    return {
        "call": new.call_id,
        "engine": new.judged.engine,
        "at": new.judged.at.isoformat(),
        "order": new.judged.rejudging,
        "standard": [standard.digest, standard.name, standard.version, standard.title, dict(standard.rules)],
        "findings": [_plain(each) for each in new.findings],
    }


def from_plain(value: Mapping[str, Any]) -> NewSet:
    """What `to_plain` gave."""
    standard = Weighed(*value["standard"])
    judged = Judged(standard, value["engine"], datetime.fromisoformat(value["at"]), value["order"])
    return NewSet(value["call"], [_finding(*each) for each in value["findings"]], judged)


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
