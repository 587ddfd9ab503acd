"""`callcenter calls` and `callcenter judge` show what the database and the judge know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason
from callcenter.listing import calls_json, calls_table, findings_table
from callcenter.settings import Settings
from callcenter.store import migrate
from callcenter.store.calls import save_call
from callcenter.store.engine import make_engine, session
from tests.seed import LIVE, MAIN, facts_of, seed_settings

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = seed_settings(tmp_path)
    migrate.upgrade(made.database_url)
    engine = make_engine(made.database_url)
    with session(engine) as work:
        for script in MAIN + LIVE:
            save_call(work, facts_of(script, NOW), made.site, made.node)
        work.commit()
    engine.dispose()
    return made


def shown(table: Table) -> str:
    console = Console(record=True, width=160)
    console.print(table)
    return console.export_text()


def test_calls_are_listed_newest_first(settings: Settings) -> None:
    text = shown(calls_table(settings, 20))
    assert text.index("13655557777") < text.index("18900001111") < text.index("13800138000")
    assert "7.3" in text  # ring seconds
    assert "05-01 14:30:00" in text  # in Shanghai
    assert "…" in text  # a call that lasts has no outcome


def test_no_more_calls_than_asked_for(settings: Settings) -> None:
    assert len(calls_json(settings, 3)) == 3
    assert calls_table(settings, 2).row_count == 2


def test_json_is_what_the_api_gives(settings: Settings) -> None:
    calls = {call["id"]: call for call in calls_json(settings, 20)}
    assert len(calls) == len(MAIN + LIVE)
    assert calls["call-late"]["three_rings"] == "fail"
    assert calls["call-ringing"]["outcome"] is None
    assert calls["call-good"]["legs"][0]["role"] == "caller"


def test_findings_are_shown_with_their_evidence() -> None:
    why = Reason(Code.SILENT)
    finding = Finding("opening", Verdict.FAIL, "[0] 3.1", start=0.5, heard="喂", reason=why)
    text = shown(findings_table([finding]))
    for word in ("opening", "fail", "0.50", "喂", "没有听到坐席说话", "[0] 3.1"):
        assert word in text
