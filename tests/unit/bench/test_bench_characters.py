from __future__ import annotations

import pytest

from tests.bench.bench_characters import Said, characters, edits, report
from tests.word_times import spoken
from transcripts.lexicon import Lexicon


def test_characters_leave_punctuation_out() -> None:
    assert characters("您好，高卫物业！A 1") == "您好高卫物业A1"


@pytest.mark.parametrize(
    ("wanted", "got", "count"), [("一二三", "一二三", 0), ("一二三", "二四", 2), ("", "一", 1)]
)
def test_edits(wanted: str, got: str, count: int) -> None:
    assert edits(wanted, got) == count


def test_the_table_shows_raw_and_ours(capsys: pytest.CaptureFixture[str]) -> None:
    heard, second = spoken("高位|物业", confidence=0.8), spoken("高|卫|物业")
    report([Said("x", "agent", "高卫物业", heard, second)], Lexicon(), words=True)
    printed = capsys.readouterr().out
    assert "| x | agent | 4 | 1 | 0 |" in printed
    assert "shown 高卫(高位) 物业" in printed
    assert "| dialogues | all | 4 | 0.2500 | 0.0000 |" in printed
