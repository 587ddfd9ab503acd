"""What the command line shows of calls and findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from callcenter.domain.findings import Finding
from callcenter.settings import Settings
from callcenter.store import migrate
from callcenter.store.engine import make_engine, session
from callcenter.store.queries import CallDetail, CallFilter, list_calls
from callcenter.web.api.models import call_out

COLOURS = {"pass": "green", "fail": "red", "unsure": "yellow", "not_applicable": "dim"}


def calls_json(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """The newest calls, as the API gives them."""
    return [call_out(detail).model_dump(mode="json") for detail in _newest(settings, limit)]


def calls_table(settings: Settings, limit: int) -> Table:
    """The newest calls, a line each."""
    zone = ZoneInfo(settings.timezone)
    table = Table(
        "时间 time", "主叫 caller", "服务台 desk", "结果 outcome", "铃 rings", "秒 s", "三响 3 rings"
    )
    for detail in _newest(settings, limit):
        call = detail.call
        table.add_row(
            f"{call.started_at.astimezone(zone):%m-%d %H:%M:%S}",
            call.caller,
            call.desk or call.callee,
            call.outcome or "…",
            str(call.rings),
            "" if call.ring_seconds is None else f"{call.ring_seconds:.1f}",
            verdict(call.three_rings),
        )
    return table


def findings_table(findings: Sequence[Finding]) -> Table:
    """Findings with their evidence, in Chinese."""
    table = Table("规则 rule", "结论 verdict", "起 from", "止 to", "听到 heard", "依据 why", "条款 clause")
    for finding in findings:
        table.add_row(
            finding.rule,
            verdict(finding.verdict),
            *("" if second is None else f"{second:.2f}" for second in (finding.start, finding.end)),
            finding.heard,
            finding.reason.text("zh") if finding.reason else "",
            finding.clause,
        )
    return table


def verdict(value: str) -> str:
    return f"[{COLOURS[value]}]{value}[/]"


def _newest(settings: Settings, limit: int) -> list[CallDetail]:
    migrate.upgrade(settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        with session(engine) as work:
            zone = ZoneInfo(settings.timezone)
            return list(list_calls(work, CallFilter(), zone, size=limit).items)
    finally:
        engine.dispose()
