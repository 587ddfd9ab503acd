"""A score is read by people and by programs."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

from rich.console import Console

from callcenter.corpus.outcomes import Score, compare
from callcenter.corpus.report import confusion_table, score_json, summary, wanted_text, wrong_lines
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason

FOUND = [
    Finding("opening", Verdict.PASS, "A2"),
    Finding("caller_hangs_up_first", Verdict.PASS, "A9"),
    Finding("closing", Verdict.FAIL, "A8", 1.0, 2.0, "挂了啊", Reason(Code.NO_PHRASE)),
]
WANTED = dict.fromkeys(("caller_hangs_up_first", "opening", "closing"), Verdict.PASS)
SCORE = Score(compare("one", WANTED, FOUND))


def test_the_table_counts_by_rule_in_the_order_of_a_call() -> None:
    console = Console(file=StringIO(), width=80)
    console.print(confusion_table(SCORE))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert text.index("opening") < text.index("closing") < text.index("caller_hangs_up_first")


def test_lines_tell_what_was_heard_of_what_is_wrong() -> None:
    (line,) = wrong_lines(SCORE)
    assert line.plain == "one closing pass → fail 「挂了啊」没有听到任何一种规定用语"
    assert summary(SCORE) == "3 项 verdicts：正确 right 2，颠倒 flips 1，存疑 unsure 0（0.0%），其他 other 0"


def test_json_holds_the_same() -> None:
    value = json.loads(json.dumps(score_json(SCORE)))
    assert (value["verdicts"], value["right"], value["flip"], value["unsure_share"]) == (3, 2, 1, 0.0)
    assert value["confusion"]["closing"] == {"pass": {"fail": 1}}
    (wrong,) = value["wrong"]
    assert (wrong["dialogue"], wrong["rule"], wrong["result"], wrong["heard"]) == (
        "one",
        "closing",
        "flip",
        "挂了啊",
    )


def test_a_span_is_told_in_minutes() -> None:
    assert wanted_text(timedelta(hours=2)) == "120m"
