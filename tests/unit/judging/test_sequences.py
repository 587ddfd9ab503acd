from __future__ import annotations

import pytest

from callcenter.judging.sequences import made_of, occurrences
from tests.unit.judging.said import words
from transcripts.alignment import spread


def test_where_a_phrase_stands_and_how_well_it_fits() -> None:
    heard = spread(words((0.0, "他 部再 不在")))
    assert occurrences(("【不】在", "万科", "他"), heard, 0.1) == [[(1, 0.0), (3, 0.0)], [], [(0, 0.0)]]
    assert occurrences(("不在吗我说",), heard[:2], 1.0) == [[]]
    assert occurrences(("不在",), [], 1.0) == [[]]


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("嗯", True),
        ("嗯 好 的", True),
        ("好 的 嗯 是", True),
        ("嗯 不 是", False),
        ("", True),
        ("好 啊", False),
    ],
)
def test_made_of(said: str, whole: bool) -> None:
    assert made_of(spread(words((0.0, said))), ("嗯", "好的", "是"), 0.2) is whole
