"""A score is read by people and by programs."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

from rich.console import Console

from callcenter.corpus.outcomes import Score, compare
from callcenter.corpus.report import score_json, summary, tables, wanted_text
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason

FOUND = [
    Finding("opening", Verdict.PASS, "A2"),
    Finding("closing", Verdict.FAIL, "A8", 1.0, 2.0, "挂了啊", Reason(Code.NO_PHRASE)),
]
SCORE = Score(compare("one", {"opening": Verdict.PASS, "closing": Verdict.PASS}, FOUND))


def printed(score: Score) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(*tables(score), summary(score), sep="\n")
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_tables_tell_what_was_heard_of_what_is_wrong() -> None:
    text = printed(SCORE)
    assert text.index("opening") < text.index("closing")
    assert "挂了啊" in text and "2 项 verdicts：正确 right 1，颠倒 flips 1，存疑 unsure 0（0.0%）" in text


def test_nothing_wrong_has_no_second_table() -> None:
    assert len(tables(Score(SCORE.outcomes[:1]))) == 1


def test_json_holds_the_same() -> None:
    value = json.loads(json.dumps(score_json(SCORE)))
    assert (value["verdicts"], value["right"], value["flip"], value["unsure_share"]) == (2, 1, 1, 0.0)
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
