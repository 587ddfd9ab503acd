from __future__ import annotations

from tests.word_times import spoken
from transcripts.pieces import text_of
from transcripts.readable import Read, as_spoken, as_written


def text(read: list[Read]) -> str:
    return "|".join(text_of(pieces) for _, pieces in read)


HEARD = spoken("高位|物业|您|的|房|号|舞动|八|楼|二号", confidence=0.8)
SECOND = spoken("高|卫|物业|您|的|房|号|五|栋|八|楼|二号")


def test_what_is_read_and_what_was_heard() -> None:
    assert text(as_spoken(HEARD, SECOND)) == "高卫物业您的房号五栋八楼二号"
    ((words, pieces),) = as_written(HEARD, SECOND)
    assert text_of(pieces) == "高卫物业您的房号5栋802"
    assert words == HEARD
    assert pieces[-1].heard == "舞动八楼二号"


def test_without_a_second_hearing_names_and_numbers_remain() -> None:
    assert text(as_written(HEARD, names=["高卫物业"])) == "高卫物业您的房号舞动8楼2号"
    assert text(as_written(HEARD)) == "高位物业您的房号舞动8楼2号"
    assert as_written([]) == []


def test_general_mandarin_is_left_alone() -> None:
    """The second hearing of what is none of the desk's business is sure of little."""
    heard = spoken("富士康|在|印度|工厂|出现|大规模|感染", confidence=0.95)
    second = spoken("是|高|噪音|栋|工程部|出去|物品", confidence=0.6)
    assert text(as_written(heard, second)) == "富士康在印度工厂出现大规模感染"


def test_utterances_are_read_one_by_one() -> None:
    """What the second hearing put beyond a pause is of another utterance."""
    heard = spoken("您好|高位|物业…五栋", confidence=0.8)
    second = spoken("您好|高|卫|物业…五|栋|八|楼")
    assert text(as_written(heard, second)) == "您好高卫物业|5栋"
