"""A score as tables for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from callcenter.corpus.dialogues import Wanted
from callcenter.corpus.outcomes import UNJUDGED, Outcome, Result, Score
from callcenter.domain.findings import Verdict
from callcenter.domain.standards import KINDS

GIVEN = (*(verdict.value for verdict in Verdict), UNJUDGED)
SHORT = {Verdict.NOT_APPLICABLE.value: "n/a"}
COLOURS = {Result.FLIP: "red", Result.UNSURE: "yellow", Result.OTHER: "magenta"}


def confusion_table(score: Score) -> Table:
    """Rules and the verdicts wanted against the verdicts given."""
    table = Table("规则 rule", "应判 wanted", title="应判与所判 wanted and given")
    table.columns[0].no_wrap = True
    for given in GIVEN:
        table.add_column(SHORT.get(given, given), justify="right")
    for rule, wanted, counts in _rows(score):
        table.add_row(rule, wanted, *(_count(wanted, given, counts[given]) for given in GIVEN))
    return table


def _rows(score: Score) -> Iterator[tuple[str, str, Any]]:
    """In the order in which a call comes to the rules."""
    confusion = score.confusion
    for rule in KINDS:
        for wanted, counts in confusion.get(rule, {}).items():
            yield rule, wanted, counts


def _count(wanted: str, given: str, count: int) -> str:
    if not count:
        return ""
    return f"[green]{count}[/]" if wanted == given else f"[bold red]{count}[/]"


def wrong_lines(score: Score) -> list[Text]:
    """A line for each verdict that is not right, with what was heard."""
    return [_line(outcome) for outcome in score.wrong]


def _line(outcome: Outcome) -> Text:
    finding = outcome.finding
    heard = f"「{finding.heard}」" if finding and finding.heard else ""
    why = finding.reason.text("zh") if finding and finding.reason else ""
    return Text.assemble(
        f"{outcome.dialogue} {outcome.rule} {wanted_text(outcome.wanted)} → ",
        (outcome.given, COLOURS[outcome.result]),
        f" {heard}{why}",
    )


def summary(score: Score) -> str:
    """One line: how many verdicts, right, flips, unsure."""
    right, unsure, flips, other = (score.results[result] for result in Result)
    return (
        f"{len(score.outcomes)} 项 verdicts：正确 right {right}，颠倒 flips {flips}，"
        f"存疑 unsure {unsure}（{score.unsure_share:.1%}），其他 other {other}"
    )


def score_json(score: Score) -> dict[str, Any]:
    """The score as JSON types; `unsure_share` is from 0 to 1."""
    return {
        "verdicts": len(score.outcomes),
        **{result.value: score.results[result] for result in Result},
        "unsure_share": round(score.unsure_share, 4),
        "confusion": score.confusion,
        "wrong": [_outcome_json(outcome) for outcome in score.wrong],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    finding = outcome.finding
    return {
        "dialogue": outcome.dialogue,
        "rule": outcome.rule,
        "wanted": wanted_text(outcome.wanted),
        "given": outcome.given,
        "result": outcome.result.value,
        "heard": finding.heard if finding else "",
        "why": finding.why if finding else "",
    }


def wanted_text(wanted: Wanted) -> str:
    """A verdict's name, or a span in minutes: `120m`."""
    return f"{wanted.total_seconds() / 60:g}m" if isinstance(wanted, timedelta) else wanted.value
