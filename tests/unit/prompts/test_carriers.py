"""The sentences out of which numbers are cut."""

from __future__ import annotations

from collections import Counter

import pytest

from prompts.carriers import IN_A_LIST, carriers, counted, in_lists


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_name_is_rendered_once(language: str) -> None:
    names = Counter(name for _, names in carriers(language) for name in names if name)
    assert max(names.values()) == 1
    assert all(len(segments) == len(kept) for segments, kept in carriers(language))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_cut_at_the_very_beginning(language: str) -> None:
    """The first of a sentence is never kept: what begins a sentence does not fit its middle."""
    assert all(not names[0] for _, names in carriers(language))
    ends = [names[-1] for _, names in carriers(language)]
    assert all(name.endswith(".end") for name in ends if name)


def test_a_language_without_numbers() -> None:
    assert carriers("yue") == []


def test_words_as_they_are_said() -> None:
    said = {
        name: word
        for segments, names in carriers("zh-CN")
        for name, word in zip(names, segments, strict=True)
    }
    assert said["number.35"] == "三十五"
    assert said["number.15.counted"] == "一十五"
    assert said["number.2000"] == "两千"
    assert said["number.400"] == "四百"
    assert said["digit.1"] == "幺"
    assert said["clock.2"] == "两点"
    assert said["clock.minute.5"] == "零五分"
    assert said["clock.9.half"] == "九点半"
    assert [counted(number) for number in (1, 2, 12, 20)] == ["一", "两", "十二", "二十"]


def test_lists_are_short() -> None:
    words = {str(number): f"{number}位" for number in range(25)}
    lists = in_lists("还有", words, "在等")
    assert [len(segments) for segments, _ in lists] == [IN_A_LIST + 2, IN_A_LIST + 2, 7]
    assert lists[0][0][:2] == ("还有", "0位")
    assert lists[-1][1][-2:] == ("24", "")
