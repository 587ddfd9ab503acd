"""The table counts what became of each rule, cut in each way."""

from __future__ import annotations

from callcenter.domain.findings import Finding, Verdict
from callcenter.judging.facts import JudgeFacts
from tests.bench.cut_phrases import Cut, line, table, unrecorded


def cut(way: str, verdict: Verdict | None) -> Cut:
    finding = Finding("closing", verdict, "A8", heard="再见") if verdict else None
    return Cut("lamp", "closing", "all", way, 1.0, 2.0, finding)


def test_leniency_and_doubt_are_counted_apart() -> None:
    made = [cut("silenced", verdict) for verdict in (*Verdict, None)] + [cut("spliced", Verdict.FAIL)]
    rows = list(table(made))
    assert rows[2:4] == [
        "| `closing` | silenced | 1 | 1 | 1 | 2 |",
        "| `closing` | spliced | 1 | 0 | 0 | 0 |",
    ]
    assert rows[4].startswith("| all | silenced |")


def test_a_line_says_what_was_still_heard() -> None:
    text = line(cut("silenced", Verdict.PASS))
    assert text.startswith("pass    lamp") and "1.00-2.00" in text and "「再见」" in text


def test_what_is_on_record_need_not_be_asked_for() -> None:
    told = JudgeFacts(
        matter="repair", household="5栋802", surname="陈", phone="13800138000", number_known=True
    )
    assert unrecorded(told) == JudgeFacts(matter="repair")
