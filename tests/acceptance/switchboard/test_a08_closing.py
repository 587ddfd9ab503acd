"""A8: is there anything else, thanks, goodbye: said before the call ends."""

from __future__ import annotations

import pytest

from tests.acceptance.switchboard.said import Said

pytestmark = pytest.mark.engine


def test_asked_thanked_and_said_goodbye(said: Said) -> None:
    """「请问还有什么可以帮到您吗？」「感谢您的来电，再见。」"""
    found = said.verdicts("greeting-missing")
    assert (found["anything_else"], found["closing"]) == ("pass", "pass")


def test_neither_asked_nor_thanked(said: Said) -> None:
    """「我不管，你自己想办法。」 are the agent's last words."""
    found = said.verdicts("rude")
    assert (found["anything_else"], found["closing"]) == ("fail", "fail")


def test_who_transfers_does_not_say_goodbye(said: Said) -> None:
    found = said.verdicts("transfer-good")
    assert (found["anything_else"], found["closing"]) == ("not_applicable", "not_applicable")
