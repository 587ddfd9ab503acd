from __future__ import annotations

from collections.abc import Sequence

import pytest

from callcenter.domain.alerts import Alert, AlertLimits, Kind, Whom
from callcenter.judging.alerts import Watch
from callcenter.standards import load_standard
from tests.unit.judging.said import OPENING, words
from transcripts.recogniser import Word

VANKE = load_standard("vanke")
ASKED = (10.0, "请 您 稍等 我 帮 您 查询 一下")


def watch(**changes: object) -> Watch:
    return Watch(VANKE, ("万科物业",), **changes)  # type: ignore[arg-type]


def kinds(alerts: list[Alert]) -> list[tuple[Kind, Whom]]:
    return [(each.kind, each.whom) for each in alerts]


def look(
    it: Watch, said: Sequence[Word], now: float, *, speaking: bool = False, held: bool = False
) -> list[Alert]:
    return it.look(said, now, speaking=speaking, held=held)


def test_no_greeting_is_told_once_the_time_is_up() -> None:
    it, said = watch(), words((1.0, "这里 是 前台"))
    assert look(it, said, 7.9) == []
    assert kinds(look(it, said, 8.1)) == [(Kind.OPENING, Whom.AGENT), (Kind.OPENING, Whom.SUPERVISOR)]
    assert look(it, said, 9.0) == []


def test_an_agent_who_says_nothing_is_told_too() -> None:
    assert len(look(watch(), [], 8.1)) == 2


def test_who_greets_is_not_told() -> None:
    it = watch()
    assert look(it, words(OPENING), 8.1) == []
    assert look(it, words((60.0, "好 的")), 61.0) == []  # the greeting is out of sight by then


def test_a_first_sentence_that_is_not_over_is_waited_for() -> None:
    it = watch()
    assert look(it, [], 8.1, speaking=True) == []
    assert look(it, words(OPENING), 9.0) == []


@pytest.mark.parametrize("changes", [{"first": False}, {"limits": AlertLimits(opening=0.0)}])
def test_who_need_not_greet(changes: dict[str, object]) -> None:
    assert look(watch(**changes), [], 20.0) == []


def test_a_forbidden_word_is_told_when_its_sentence_is_heard() -> None:
    it = watch()
    look(it, words(OPENING), 8.1)
    said = words(OPENING, (12.0, "不 知道"))
    alerts = look(it, said, 13.5)
    assert kinds(alerts) == [(Kind.FORBIDDEN, Whom.AGENT), (Kind.FORBIDDEN, Whom.SUPERVISOR)]
    assert (alerts[0].at, alerts[0].heard) == (12.0, "不知道")
    assert look(it, said, 14.0) == []
    assert len(look(it, words(OPENING, (12.0, "不 知道"), (20.0, "不 知道")), 21.0)) == 2


def test_a_caller_who_waits_since_they_were_asked_to() -> None:
    it, said = watch(), words(OPENING, ASKED)
    end = said[-1].end
    assert look(it, said, end + 19.0) == []
    (first,) = look(it, said, end + 20.5)
    assert (first.kind, first.whom, first.at) == (Kind.WAITING, Whom.AGENT, end)
    assert kinds(look(it, said, end + 30.5)) == [(Kind.WAITING, Whom.SUPERVISOR)]
    assert look(it, said, end + 60.0) == []


def test_a_wait_that_the_switchboard_warns_of_is_not_told_twice() -> None:
    said = words(OPENING, ASKED)
    assert look(watch(), said, said[-1].end + 40.0, held=True) == []


def test_silence_without_having_asked_is_another_rule_s_matter() -> None:
    said = words(OPENING, (10.0, "好 的"))
    assert look(watch(), said, said[-1].end + 40.0) == []


def test_who_speaks_again_lets_nobody_wait() -> None:
    said = words(OPENING, ASKED)
    assert look(watch(), said, said[-1].end + 40.0, speaking=True) == []
    assert look(watch(), words(OPENING, ASKED, (60.0, "让 您 久等 了")), 65.0) == []
