from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from callcenter.judging.common import PASSED_OVER, WORTH, common
from tests.unit.judging.said import words
from transcripts.alignment import Heard, spread
from transcripts.sound import cost


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("我 家 主卫 天花板 漏水", "主卫 天花板 漏水 对 吗", 7.0, 7.0),
        ("我 家 住 为 天花板 的 露水", "主位 天花板 漏水 对 吗", 5.5, 6.5),  # as the model hears it
        ("五栋 八楼 二号", "那 五栋 八楼 二号 对 吗", 6.0, 6.0),
        ("我要 投诉 楼上 装修 太吵", "您的 投诉 内容 已 记录", 2.0, 2.5),
        ("你好", "谢谢", 0.0, 0.5),
        ("", "您好", 0.0, 0.0),
    ],
)
def test_how_much_two_have_in_common(first: str, second: str, low: float, high: float) -> None:
    found = common(spread(words((0.0, first))), spread(words((10.0, second))))
    assert low - 0.01 <= found.score <= high + 0.01


def test_where_the_second_said_it() -> None:
    found = common(spread(words((0.0, "天花板 漏水"))), spread(words((10.0, "是 天花板 漏水 吗"))))
    assert (found.start, found.end) == (10.25, 11.5)


def by_the_book(first: Sequence[Heard], second: Sequence[Heard]) -> float:
    """The best score of Smith and Waterman's table, cell by cell."""
    table = [[0.0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for row, one in enumerate(first, 1):
        for column, other in enumerate(second, 1):
            table[row][column] = max(
                0.0,
                table[row - 1][column - 1] + WORTH - cost(one.sound, other.sound),
                table[row - 1][column] - PASSED_OVER,
                table[row][column - 1] - PASSED_OVER,
            )
    return max(map(max, table)) / WORTH


def test_the_score_is_that_of_the_plain_table() -> None:
    chance = random.Random(1)
    sounds = "天花板漏水主卫物业您好装修楼上太吵五栋八零二"
    for _ in range(40):
        first, second = ("".join(chance.choices(sounds, k=chance.randint(1, 20))) for _ in range(2))
        heard = spread(words((0.0, first))), spread(words((0.0, second)))
        found = common(*heard)
        assert found.score == pytest.approx(by_the_book(*heard))
        assert 0.0 <= found.start <= found.end
