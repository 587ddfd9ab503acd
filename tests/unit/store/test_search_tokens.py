from __future__ import annotations

import pytest

from callcenter.store.search_tokens import character_tokens, joined, sound_tokens


def test_a_token_a_character() -> None:
    assert character_tokens("漏水，A1！") == ["u6f0f", "u6c34", "u61", "u31"]


@pytest.mark.parametrize(
    ("a", "b"), [("漏", "楼"), ("中", "宗"), ("星", "新"), ("旅", "女"), ("商", "三"), ("你", "李")]
)
def test_what_is_confused_is_one(a: str, b: str) -> None:
    assert sound_tokens(a) == sound_tokens(b)


def test_what_is_not_confused_is_not() -> None:
    assert sound_tokens("水") != sound_tokens("税务"[1])
    assert sound_tokens("AB 12") == []


def test_fields_do_not_run_into_one_another() -> None:
    assert joined(["a", "b"], ["a", "b"], ["c"], []) == "a b x c"
