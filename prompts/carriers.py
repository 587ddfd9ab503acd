"""The sentences out of which the parts of numbers and times are cut.

A word spoken alone has the tune of a whole sentence. Here the parts stand in a list, where a speaker pauses
after each and goes on, or at the end of one, where the voice comes to rest (`.end`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

Carrier = tuple[tuple[str, ...], tuple[str, ...]]
"""The segments of one sentence, and the name under which each is kept; "" is not."""

IN_A_LIST: Final = 10
"""Parts in one sentence."""

_ONES: Final = "零一二三四五六七八九"
_HOURS: Final = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_PARTS: Final = {"night": "凌晨", "morning": "上午", "noon": "中午", "afternoon": "下午", "evening": "晚上"}
_SMALL: Final = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_ENGLISH: Final = [*_SMALL.split(" "), "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def carriers(language: str) -> list[Carrier]:
    """All that `prompts.numbers` may ask for in a language; empty where it has no numbers."""
    if language == "zh-CN":
        return [*_chinese_numbers(), *_chinese_clock(), *_digits(_chinese_digits(), "号码是三", "八")]
    if language == "en":
        return [*_english_numbers(), *_english_clock(), *_digits(_english_digits(), "The number is", "eight")]
    return []


def _listed(before: str, words: Mapping[str, str], after: str) -> Iterator[Carrier]:
    """Lists of them, between two that are not kept."""
    pairs = list(words.items())
    for at in range(0, len(pairs), IN_A_LIST):
        some = pairs[at : at + IN_A_LIST]
        yield (before, *(said for _, said in some), after), ("", *(name for name, _ in some), "")


def _ended(before: str, words: Mapping[str, str]) -> Iterator[Carrier]:
    """Each at the end of a sentence."""
    return (((before, said), ("", f"{name}.end")) for name, said in words.items())


def counted(number: int) -> str:
    """1…99 before what is counted, in Chinese: 两, 三十五."""
    return "两" if number == 2 else _under_a_hundred(number)


def in_lists(before: str, words: Mapping[str, str], after: str) -> list[Carrier]:
    """Sentences that have each of these words, by the name under which it is kept."""
    return list(_listed(before, words, after))


def _under_a_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("十" if tens == 1 else f"{_ONES[tens]}十" if tens else "") + (
        _ONES[ones] if ones or not tens else ""
    )


def _great(ones: Sequence[str], units: Mapping[int, str]) -> dict[str, str]:
    return {
        f"number.{times * size}": ones[times] + unit for size, unit in units.items() for times in range(1, 10)
    }


def _chinese_numbers() -> Iterator[Carrier]:
    small = {f"number.{number}": _under_a_hundred(number) for number in range(100)}
    teens = {f"number.{number}.counted": "一" + _under_a_hundred(number) for number in range(10, 20)}
    great = _great(_ONES.replace("二", "两"), {100: "百", 1000: "千"})
    yield from _listed("您前面还有", {**small, **teens, **great, "number.2.counted": "两"}, "八位客人")
    last = {f"number.{number}": small[f"number.{number}"] for number in (*range(20), *range(20, 100, 10))}
    yield from _ended("一共是", {**last, "number.10.counted": "一十"})


def _chinese_clock() -> Iterator[Carrier]:
    hours = {f"clock.{hour}": f"{said}点" for hour, said in enumerate(_HOURS)}
    halves = {f"{key}.half": f"{said}半" for key, said in hours.items()}
    parts = {f"clock.{key}": said for key, said in _PARTS.items()}
    minutes = {f"clock.minute.{minute}": f"{_under_a_hundred(minute)}分" for minute in range(10, 60)}
    minutes |= {f"clock.minute.{minute}": f"零{_ONES[minute]}分" for minute in range(1, 10)}
    yield from _listed("我们从", {**parts, **hours, **halves, **minutes}, "开始服务")


def _chinese_digits() -> dict[str, str]:
    digits = {str(number): said for number, said in enumerate(_ONES)}
    return {**digits, "1": "幺", "star": "星号", "pound": "井号"}


def _digits(digits: Mapping[str, str], before: str, after: str) -> Iterator[Carrier]:
    words = {f"digit.{key}": said for key, said in digits.items()}
    yield from _listed(before, words, after)
    yield from _ended(f"{before}{after}" if before.endswith("三") else f"{before} {after}", words)


def _english_numbers() -> Iterator[Carrier]:
    words = dict(enumerate(_ENGLISH)) | {10 * ten: word for ten, word in enumerate(_TENS, start=2)}
    names = {f"number.{number}": word for number, word in words.items()}
    names |= _great(_ENGLISH, {100: " hundred", 1000: " thousand"})
    yield from _listed("There are", names, "eight callers")
    yield from _ended("The number is", {key: said for key, said in names.items() if " " not in said})


def _english_clock() -> Iterator[Carrier]:
    halves = {"clock.am": "a m", "clock.pm": "p m"}
    yield from _listed("We open at nine", {"clock.oh": "oh", **halves}, "and close late")
    yield from _ended("We open at nine thirty", halves)


def _english_digits() -> dict[str, str]:
    return {
        **{str(number): word for number, word in enumerate(_ENGLISH[:10])},
        "star": "star",
        "pound": "pound",
    }
