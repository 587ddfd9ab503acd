"""A10: 「喂」「什么事」「我不管」 never take the place of a proper phrase."""

from __future__ import annotations

import pytest

from tests.acceptance.switchboard.said import Said

pytestmark = pytest.mark.engine


def test_what_did_you_want_is_no_greeting(said: Said) -> None:
    """「喂，什么事？」, said instead of 「您好，万科物业」; the rest of the call is as it should be."""
    found = said.verdicts("greeting-missing")
    assert (found["opening"], found["anything_else"], found["closing"]) == ("fail", "pass", "pass")


def test_i_do_not_care_is_no_goodbye(said: Said) -> None:
    """「不知道，没办法」「我不管，你自己想办法」, and the agent hangs up."""
    found = said.verdicts("rude")
    assert (found["closing"], found["caller_hangs_up_first"]) == ("fail", "fail")


def test_the_words_of_a_good_call_are_not_held_against_it(said: Said) -> None:
    """「请稍候，我帮您转接。」"""
    assert said.verdicts("transfer-good")["opening"] == "pass"
