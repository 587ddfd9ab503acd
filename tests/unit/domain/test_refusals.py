from __future__ import annotations

from callcenter.domain.refusals import Refusal


def test_a_refusal_speaks_two_languages() -> None:
    told = Refusal("it is over", "已经结束")
    assert (str(told), told.zh) == ("it is over", "已经结束")
    assert Refusal("it is over").zh == ""
