"""What a recogniser would hear, written by hand."""

from __future__ import annotations

from transcripts.recogniser import Word

STEP = 0.25


def words(*lines: tuple[float, str]) -> list[Word]:
    """(start in seconds, words with spaces between): a quarter of a second for each character."""
    out: list[Word] = []
    for start, text in lines:
        for each in text.split():
            out.append(Word(each, start, start + STEP * len(each), 1.0))
            start += STEP * len(each)
    return out


OPENING = (0.6, "您好 万科 物业 请问 有 什么 可以 帮 到 您")
MORE = (12.0, "请问 还有什么 可以 帮 到 您 吗")
BYE = (16.0, "感谢您 的 来 点 再见")
CALLER = words((5.0, "你好 我 家 漏水"), (15.0, "没有了"))
GOOD = words(OPENING, (8.0, "好 的"), MORE, BYE)
