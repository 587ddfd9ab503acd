from __future__ import annotations

from collections.abc import Iterable

from tests.word_times import spoken
from transcripts.pieces import Change, Piece, as_heard, rewritten, text_of


def heard(pieces: Iterable[Piece]) -> list[tuple[str, str]]:
    return [(piece.text, piece.heard) for piece in pieces]


def test_a_change_within_one_word_and_across_two() -> None:
    pieces = as_heard(spoken("我住|三栋楼"))
    assert heard(rewritten(pieces, [Change(2, 4, "3栋")])) == [
        ("我住", "我住"),
        ("3栋", "三栋"),
        ("楼", "楼"),
    ]
    assert heard(rewritten(pieces, [Change(1, 3, "注3")])) == [
        ("我", "我"),
        ("注3", "住三"),
        ("栋楼", "栋楼"),
    ]


def test_several_changes_and_none() -> None:
    pieces = as_heard(spoken("一|二|三"))
    both = rewritten(pieces, [Change(0, 1, "1"), Change(2, 3, "3")])
    assert heard(both) == [("1", "一"), ("二", "二"), ("3", "三")]
    assert rewritten(pieces, []) == pieces
    assert rewritten(pieces, [Change(1, 2, "二")]) == pieces


def test_a_second_change_keeps_what_was_heard_at_first() -> None:
    once = rewritten(as_heard(spoken("五|动|八楼|好")), [Change(1, 2, "栋")])
    twice = rewritten(once, [Change(0, 4, "5栋8楼")])
    assert heard(twice) == [("5栋8楼", "五动八楼"), ("好", "好")]


def test_a_changed_piece_is_not_cut() -> None:
    once = rewritten(as_heard(spoken("主位|天花板")), [Change(0, 2, "主卫")])
    twice = rewritten(once, [Change(1, 3, "卫-天")])
    assert heard(twice) == [("主卫-天", "主位天"), ("花板", "花板")]
    assert text_of(twice) == "主卫-天花板"


def test_a_longer_or_shorter_text() -> None:
    pieces = rewritten(as_heard(spoken("来|一点|再见")), [Change(0, 3, "来电")])
    assert heard(pieces) == [("来电", "来一点"), ("再见", "再见")]
    assert (pieces[0].start, pieces[0].end) == (0.0, 0.6)
