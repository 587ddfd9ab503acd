"""Lists of calls, one call, the day's figures and the counts, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.findings import Finding, Verdict
from callcenter.standards import load_standard
from callcenter.store.counts import count_all
from callcenter.store.days import Tally, day_summary
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets
from callcenter.store.queries import (
    CallFilter,
    call_recordings,
    day_bounds,
    get_call,
    get_calls,
    list_calls,
    live_calls,
)
from callcenter.store.verdicts import newest_findings
from tests.seed import seed, seed_settings

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 22)


@pytest.fixture
def session(engine: Engine, tmp_path: Path) -> Iterator[Session]:
    seed(engine, seed_settings(tmp_path), NOW, filler=10)
    with Session(engine) as session:
        yield session


def ids(session: Session, wanted: CallFilter) -> set[str]:
    page = list_calls(session, wanted, SHANGHAI, size=100)
    assert page.total == len(page.items)
    return {item.call.id for item in page.items}


def test_a_day_is_the_sites_day() -> None:
    start, end = day_bounds(TODAY, SHANGHAI)
    assert start == datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert end - start == timedelta(days=1)


def test_a_day_with_a_change_of_clocks_is_shorter() -> None:
    start, end = day_bounds(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=23)


def test_calls_around_midnight_belong_to_their_own_day(session: Session) -> None:
    everything = ids(session, CallFilter())
    assert ids(session, CallFilter(day=TODAY)) == everything
    assert ids(session, CallFilter(day=TODAY - timedelta(days=1))) == set()


def test_worst_verdict_of_a_call(session: Session) -> None:
    everything = ids(session, CallFilter())
    parts = [ids(session, CallFilter(verdict=each)) for each in ("fail", "unsure", "pass", "not_applicable")]
    assert set.union(*parts) == everything
    assert sum(map(len, parts)) == len(everything)
    assert {"call-late", "call-rude", "call-abandoned"} <= parts[0]


def test_a_newer_judgement_replaces_the_older_in_every_answer(session: Session) -> None:
    old = newest_findings(session, ["call-rude"])
    told = [Finding(each.rule, Verdict.PASS, each.clause) for each in old]
    judged = Judged(Weighed.of(replace(load_standard("vanke"), version="2")), "seed", NOW)
    add_sets(session, [NewSet("call-rude", told, judged)])
    assert "call-rude" not in ids(session, CallFilter(verdict="fail"))
    assert "call-rude" in ids(session, CallFilter(verdict="pass", rule="opening"))
    versions = {f.standard_version for f in newest_findings(session, ["call-rude"])}
    assert (len(old), versions) == (5, {"2"})


def test_a_number_is_taken_literally(session: Session) -> None:
    assert ids(session, CallFilter(number="13911112222")) == {"call-late"}
    assert ids(session, CallFilter(number="%")) == set()


def test_one_call_with_everything(session: Session) -> None:
    detail = get_call(session, "call-good")
    assert detail is not None
    assert [leg.role for leg in detail.legs] == ["caller", "agent"]
    assert len(detail.recordings) == 2
    assert detail.record is not None
    assert [ticket.kind for ticket in detail.tickets] == ["repair"]
    assert [leg.role for _, leg in call_recordings(session, "call-good")] == ["caller", "agent"]
    assert get_call(session, "nope") is None


def test_several_calls_oldest_first(session: Session) -> None:
    found = get_calls(session, ["call-late", "nope", "call-good"])
    assert [item.call.id for item in found] == ["call-good", "call-late"]


def test_live_calls_with_their_holds(session: Session) -> None:
    found = live_calls(session)
    assert [item.call.id for item in found] == ["call-talking", "call-ringing"]
    assert found[0].holds[0].ended_at is None


def test_the_day(session: Session) -> None:
    day = day_summary(session, TODAY, SHANGHAI)
    assert (day.calls, day.live, day.ended) == (17, 2, 15)
    assert sum(day.outcomes.values()) == day.ended
    assert sum(tally.passed for tally in day.by_hour.values()) == day.three_rings.passed
    assert day.three_rings.failed >= 2
    assert day.by_agent["8002"].failed >= 1
    assert day.opening["8002"].failed >= 1
    assert day.service_level is not None
    assert day.service_level < 1
    assert day.average_speed_of_answer is not None
    only = day_summary(session, TODAY, SHANGHAI, desk="sales")
    assert set(only.by_desk) <= {"sales"}
    assert only.calls < day.calls


def test_an_empty_day_has_no_rates(session: Session) -> None:
    day = day_summary(session, date(2020, 1, 1), SHANGHAI)
    assert day.calls == 0
    assert day.three_rings.rate is day.service_level is day.abandonment is day.average_talk is None


def test_unsure_counts_for_neither_side() -> None:
    tally = Tally()
    for verdict in ("pass", "fail", "unsure", "not_applicable", "pass"):
        tally.add(verdict)
    assert (tally.judged, tally.unsure) == (3, 1)
    assert tally.rate == pytest.approx(2 / 3)


def test_counts_for_monitoring(session: Session) -> None:
    counts = count_all(session)
    assert counts.live == 2
    assert sum(counts.outcomes.values()) == 15
    assert sum(counts.ring_buckets) == 15
    assert counts.ring_sum > 15
    assert counts.jobs == {"done": 4}
    assert counts.outbox == {}
