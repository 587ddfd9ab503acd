"""What counts as having come out well."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from callcenter.demo.report import HEADINGS, Result, table
from callcenter.demo.script import RULES, DemoCall, five_calls

SCRIPT = DemoCall("good", 1, rings=2, expect={"opening": "pass"})


def call(**changes: Any) -> dict[str, Any]:
    findings = [{"rule": "opening", "verdict": "pass"}]
    base = {"outcome": "answered", "rings": 2, "ring_seconds": 7.0, "findings": findings, "legs": []}
    return base | changes


def test_a_call_as_expected() -> None:
    result = Result(SCRIPT, call())
    assert result.judged
    assert result.differences() == []


def test_a_call_that_never_came() -> None:
    assert Result(SCRIPT).differences() == ["the service has no such call"]
    assert not Result(SCRIPT).judged


def test_each_difference_is_named() -> None:
    result = Result(
        SCRIPT, call(outcome="busy", rings=3, findings=[{"rule": "opening", "verdict": "unsure"}])
    )
    assert result.differences() == [
        "outcome is busy, should be answered",
        "rings is 3, should be 2",
        "opening is unsure, should be pass",
    ]


def test_a_phone_that_failed_makes_the_call_wrong() -> None:
    assert Result(SCRIPT, call(), problems=["phone x: no 'answered'"]).differences()


def test_a_call_that_lasts_is_not_judged() -> None:
    assert not Result(SCRIPT, call(outcome=None)).judged
    assert not Result(SCRIPT, call(findings=[])).judged


def test_a_transfer_needs_the_prompt_the_target_and_the_way_back() -> None:
    script = DemoCall("moved", 1, rings=2, transferred=True)
    agent = {"role": "agent", "answered_at": "2026-11-21T10:00:00Z", "final_status": 200}
    target = {"role": "target", "answered_at": None, "final_status": 486}
    assert Result(script, call(legs=[agent, target, agent]), prompt_heard=True).differences() == []
    assert Result(script, call(legs=[agent]), prompt_heard=False).differences() == [
        "the caller did not hear the prompt for a busy line",
        "no leg to the busy extension is on record",
        "the caller did not come back to the desk",
    ]


def test_the_table_shows_every_call() -> None:
    console = Console(record=True, width=200)
    console.print(table([Result(SCRIPT, call()), Result(SCRIPT, call(rings=3)), Result(SCRIPT)]))
    text = console.export_text()
    assert "7.000" in text
    assert "rings is 3, should be 2" in text
    assert "the service has no such call" in text


def test_on_a_screen_of_80_columns_words_stay_whole() -> None:
    scripts = five_calls()
    results = [
        Result(
            script,
            call(
                outcome=script.outcome,
                ring_seconds=22.0,
                findings=[{"rule": rule, "verdict": "unsure"} for rule in RULES],
            ),
        )
        for script in scripts
    ]
    console = Console(record=True, width=80)
    console.print(table(results))
    text = console.export_text()
    headings = [word for heading in HEADINGS.values() for word in heading.split("\n")]
    for word in ("通话", "ringing", "abandoned", "22.000 s", *headings):
        assert word in text
    assert text.count("unsure  unsure") >= len(scripts)
    assert "…" not in text
