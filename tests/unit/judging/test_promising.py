from __future__ import annotations

from datetime import datetime

import pytest

from callcenter.domain.findings import Finding, Verdict
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.facts_json import CHINA
from tests.judged import judged
from tests.unit.judging.every_rule import found, only
from tests.unit.judging.said import words

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
SUNDAY = JudgeFacts(begun=datetime(2026, 3, 1, 10, 0, tzinfo=CHINA))
UNDATED = JudgeFacts()


def promised(said: str, facts: JudgeFacts) -> Finding:
    return found("promise", words((0.5, "您好 万科 物业"), (10.0, said)), facts=facts)


@pytest.mark.parametrize(
    ("said", "facts", "within", "due"),
    [
        ("我们 会 尽快 处理 两小时 内 给 您 答复", SUNDAY, 7200, "2026-03-01T12:00+08:00"),
        ("我们 会 尽快 处理 两小时 内 给 您 答复", UNDATED, 7200, None),
        ("明天 下午 五点 以前 给 您 回复", SUNDAY, 31 * 3600, "2026-03-02T17:00+08:00"),
        ("三个 工作日 内 给 您 答复", SUNDAY, None, "2026-03-04T23:59+08:00"),
        ("半个 小时 之内 安排 上门", UNDATED, 1800, None),
    ],
)
def test_promised(said: str, facts: JudgeFacts, within: int | None, due: str | None) -> None:
    finding = promised(said, facts)
    assert finding.verdict is PASS
    assert finding.reason
    args = finding.reason.args
    assert within is None or args["within"] == within
    assert args.get("due", "")[:15] == (due or "")[:15]
    assert finding.start is not None and finding.start >= 10.0


def test_how_it_is_told() -> None:
    finding = promised("两小时 内 给 您 答复", UNDATED)
    assert finding.why == "the agent promised 「两小时内」: within 2 h"
    assert finding.reason and finding.reason.text("zh") == "坐席承诺「两小时内」：2 小时之内"
    assert finding.heard == "两小时内给您答复"


def test_the_day_of_the_call_matters_where_a_clock_is_named() -> None:
    finding = promised("明天 下午 五点 以前 给 您 回复", UNDATED)
    assert finding.verdict is UNSURE
    assert "the day of the call is not known" in finding.why


@pytest.mark.parametrize(
    "said",
    [
        "晚上 十一点",  # when the desk closes
        "我们 会 尽快 给 您 答复",  # no time
        "您 等 了 三天 了",
    ],
)
def test_no_promise(said: str) -> None:
    assert promised(said, SUNDAY).verdict is NOT


def test_the_earliest_of_several_counts() -> None:
    said = "一小时 内 给 您 回复 明天 中午 以前 给 您 答复"
    finding = promised(said, SUNDAY)
    assert finding.reason and finding.reason.args["within"] == 3600


MONDAY = datetime(2026, 9, 28, 10, 0, tzinfo=CHINA)
"""The last days of September: 1 to 7 October are off, and the 10th, a Saturday, is worked."""


@pytest.mark.parametrize(
    ("said", "matter", "verdict"),
    [
        ("一刻钟 之内 给 您 答复", "lookup", PASS),
        ("二十分钟 之内 给 您 答复", "lookup", FAIL),
        ("二十分钟 之内 给 您 答复", "repair", PASS),
        ("二十分钟 之内 给 您 答复", None, PASS),
        ("明天 下午 五点 以前 给 您 答复", "suggestion", PASS),
        ("三天 之内 给 您 答复", "suggestion", FAIL),
        ("后天 给 您 答复", "suggestion", FAIL),
    ],
)
def test_no_later_than_its_matter_may_take(said: str, matter: str | None, verdict: Verdict) -> None:
    assert promised(said, JudgeFacts(begun=MONDAY, matter=matter)).verdict is verdict


def test_how_a_late_promise_is_told() -> None:
    late = promised("二十分钟 之内 给 您 答复", JudgeFacts(begun=MONDAY, matter="lookup"))
    assert late.why == (
        "the agent promised 「二十分钟之内」: within 20 min; this kind of matter (Look-up) has 15 min"
    )
    days = promised("后天 给 您 答复", JudgeFacts(begun=MONDAY, matter="suggestion"))
    assert days.reason and days.reason.text("zh") == (
        "坐席承诺「后天」：2026-09-30 23:59 前；「建议」最迟 1 个工作日"
    )


def test_a_holiday_is_no_working_day() -> None:
    """On the eve of the National Day the next working day is the 8th."""
    eve = JudgeFacts(begun=datetime(2026, 9, 30, 10, 0, tzinfo=CHINA), matter="suggestion")
    assert promised("七天 之内 给 您 答复", eve).verdict is PASS
    assert promised("十天 之内 给 您 答复", eve).verdict is FAIL


@pytest.mark.parametrize(
    ("said", "verdict"), [("两小时 内 给 您 答复", PASS), ("三天 内 给 您 答复", UNSURE)]
)
def test_working_days_of_a_call_of_no_day(said: str, verdict: Verdict) -> None:
    assert promised(said, JudgeFacts(matter="suggestion")).verdict is verdict


def test_a_promise_that_was_half_heard() -> None:
    finding = promised("两小时 内 给 您 啊铺", UNDATED)
    assert finding.verdict is UNSURE
    assert "perhaps 「两小时内」 was promised" in finding.why
    assert "by 2026-03-01 12:00" in promised("两小时 内 给 您 啊铺", SUNDAY).why


@pytest.mark.parametrize(
    ("said", "callback", "verdict"),
    [
        ("我 稍后 给 您 回电", True, PASS),
        ("我 稍后 给 您 回电", False, FAIL),
        ("我 稍后 给 您 回电", None, UNSURE),
        ("已经 交 了", False, NOT),
        ("给 您 灰边", False, UNSURE),
    ],
)
def test_callback_promised(said: str, callback: bool | None, verdict: Verdict) -> None:
    agent = words((0.5, "您好 万科 物业"), (10.0, said))
    finding = found("callback_promised", agent, facts=JudgeFacts(callback=callback))
    assert finding.verdict is verdict


@pytest.mark.parametrize("rule", ["promise", "callback_promised"])
def test_without_words(rule: str) -> None:
    assert found(rule, None).verdict is UNSURE
    assert found(rule, [], facts=JudgeFacts(answered=False)).verdict is NOT


def test_a_callback_may_be_entered_until_the_records_time_is_up() -> None:
    pending = JudgeFacts(pending=True)
    assert judged(only("callback_promised"), pending, words((10.0, "我 稍后 给 您 回电")), ()) == []
    assert found("callback_promised", words((10.0, "已经 交 了")), facts=pending).verdict is NOT
