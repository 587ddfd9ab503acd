from __future__ import annotations

from typing import Any

import pytest

from callcenter.domain.standards import KINDS
from callcenter.standards.meaning import CHECKS, meaningless, unheard
from callcenter.standards.shape import hints_of


@pytest.mark.parametrize(
    "phrase", ["", "hello", "【】再见", "】再见【", "【【再见】】", "【再见", "{place}长途"]
)
def test_phrases_that_nobody_can_listen_for(phrase: str) -> None:
    assert unheard(phrase)


@pytest.mark.parametrize("phrase", ["再见", "【感谢】您的来电，【再见】", "请拨110"])
def test_phrases_that_can_be_listened_for(phrase: str) -> None:
    assert unheard(phrase) == ""


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("asks", ["请稍等", "wait"], ("x", 1)),
        ("asks", {"household": ["room"]}, ("x", "household", 0)),
        ("asks", {"room": ["房号"]}, ("x", "room")),
        ("wanted", {"repair": ["room"]}, ("x", "repair", 0)),
        ("wanted", {"spam": ["household"]}, ("x", "spam")),
        ("words", [{"word": "喂", "where": "begins", "proper": ["no"]}], ("x", 0, "proper", 0)),
        ("limit", -1.0, ("x",)),
    ],
)
def test_where_it_stands(key: str, value: Any, where: tuple[str | int, ...]) -> None:
    assert [path for path, _ in meaningless(key, value, ("x",))] == [where]


def test_every_key_that_is_looked_at_is_a_key_of_a_rule() -> None:
    assert set(CHECKS) <= {key for id in KINDS for key in hints_of(id)}
