from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.domain.text import clean


@pytest.mark.parametrize(
    ("odd", "kept"), [("a\0b", "ab"), ("caf\udce9", "caf?"), ("您好", "您好"), ("😀", "😀"), ("", "")]
)
def test_what_stays(odd: str, kept: str) -> None:
    assert clean(odd) == kept


@settings(deadline=None)
@given(st.text(st.characters(), max_size=20))
def test_the_result_can_be_stored_and_sent(text: str) -> None:
    assert "\0" not in clean(text)
    assert clean(text).encode().decode() == clean(text)
    assert clean(clean(text)) == clean(text)
