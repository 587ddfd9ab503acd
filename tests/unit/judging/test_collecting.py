from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.judging.facts import JudgeFacts
from tests.judged import judged
from tests.unit.judging.every_rule import found, only
from tests.unit.judging.said import words

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
OPENING = (0.5, "您好 万科 物业")
CALLER = words((4.0, "你好 我 家 主卫 天花板 在 漏水"), (14.0, "五栋 八楼 二号 我 姓 陈"), (20.0, "对 的"))
REPAIR = JudgeFacts(matter="repair")
ASKED = (9.0, "请问 您 的 房 号 是 多少"), (11.5, "请问 您 贵姓")


@pytest.mark.parametrize(
    ("agent", "facts", "verdict", "why"),
    [
        (ASKED, REPAIR, PASS, "asked for or told: room, surname, matter"),
        (ASKED[:1], REPAIR, FAIL, "neither asked for nor told: surname"),
        ((), JudgeFacts(matter="repair", household="5栋802", surname="陈"), PASS, "asked for or told"),
        (ASKED[:1], JudgeFacts(matter="complaint"), FAIL, "neither asked for nor told: telephone"),
        ((ASKED[0], (11.5, "轻问 您 贵兵")), REPAIR, UNSURE, "a person decides: surname"),
        (ASKED, JudgeFacts(matter="enquiry"), NOT, "a matter of this kind needs nothing of the caller"),
        (ASKED, JudgeFacts(), UNSURE, "the kind of the matter is not known"),
        ((), JudgeFacts(matter="repair", transfer="工程部"), NOT, "the call was transferred to 工程部"),
    ],
)
def test_info_collected(
    agent: tuple[tuple[float, str], ...], facts: JudgeFacts, verdict: Verdict, why: str
) -> None:
    finding = found("info_collected", words(OPENING, *agent), CALLER, facts)
    assert finding.verdict is verdict
    assert why in finding.why


def test_where_it_was_asked() -> None:
    finding = found("info_collected", words(OPENING, *ASKED), CALLER, REPAIR)
    assert (finding.start, finding.end) == (9.5, 12.75)
    assert finding.heard == "您的房号是多少请问您贵姓"


def test_a_caller_who_said_hardly_anything_has_told_no_matter() -> None:
    finding = found("info_collected", words(OPENING, *ASKED), words((4.0, "你好")), REPAIR)
    assert (finding.verdict, finding.why) == (FAIL, "neither asked for nor told: matter")


TOLD = JudgeFacts(matter="repair", household="5栋802")


@pytest.mark.parametrize(
    ("said", "facts", "verdict", "why"),
    [
        ("五栋 八楼 二号 主卫 天花板 漏水 对 吗", TOLD, PASS, "repeated: room, matter"),
        ("舞动 八 楼 二号 主位 天花板 漏水 对 吗", TOLD, PASS, "repeated: room, matter"),  # as it is heard
        ("五栋 八零二 对 吗", TOLD, PASS, "repeated: room"),  # in another way of saying it
        ("天花板 漏水 对 吗", TOLD, UNSURE, "perhaps not all was repeated"),
        ("好 的 马上 派人", TOLD, FAIL, "not heard to repeat: room"),
        ("主卫 天花板 漏水 对 吗", REPAIR, PASS, "repeated: matter"),  # nobody wrote the room down
        ("好 的 马上 派人", REPAIR, FAIL, "not heard to repeat: matter"),
        ("好 的 马上 派人", JudgeFacts(), NOT, "the caller told neither a room nor"),
        ("好 的 马上 派人", JudgeFacts(matter="enquiry"), NOT, "the caller told neither"),
    ],
)
def test_repeat_back(said: str, facts: JudgeFacts, verdict: Verdict, why: str) -> None:
    finding = found("repeat_back", words(OPENING, (16.0, said)), CALLER, facts)
    assert finding.verdict is verdict
    assert why in finding.why


def test_a_room_and_a_telephone_are_both_repeated() -> None:
    both = JudgeFacts(matter="complaint", household="5栋802", phone="13800138000")
    room, phone = (16.0, "五栋 八零二"), (18.0, "幺三八 零零幺 三八 零零零")
    assert found("repeat_back", words(OPENING, room, phone), CALLER, both).verdict is PASS
    assert found("repeat_back", words(OPENING, phone), CALLER, both).verdict is UNSURE


def test_a_room_of_which_too_little_was_heard_and_a_matter_that_is_certain() -> None:
    """One doubt is made good by the other; alone it stays."""
    said = "物业 八 露 二号"
    assert found("repeat_back", words(OPENING, (16.0, said)), CALLER, TOLD, share=0.9).verdict is UNSURE
    whole = f"{said} 主卫 天花板 漏水"
    assert found("repeat_back", words(OPENING, (16.0, whole)), CALLER, TOLD, share=0.9).verdict is PASS


def test_what_the_agent_said_first_is_not_repeated() -> None:
    agent = words((0.5, "您好 主卫 天花板 漏水 五栋 八零二"))
    assert found("repeat_back", agent, CALLER, TOLD).verdict is FAIL


def test_while_the_record_may_still_be_written_nothing_is_said_of_an_unknown_matter() -> None:
    standard = only("info_collected")
    agent = words(OPENING, *ASKED)
    assert judged(standard, JudgeFacts(pending=True), agent, CALLER) == []
    assert judged(standard, JudgeFacts(pending=True, matter="repair"), agent, CALLER) != []
