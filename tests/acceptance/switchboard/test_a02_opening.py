"""A2: 「您好，万科物业」 first to who calls from outside; 「您好」 alone is enough inside the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.switchboard.said import Said
from tests.acceptance.switchboard.stage import AGENT, CALLER, settings_of, staged


@pytest.mark.engine
def test_greeting_and_name_pass(said: Said) -> None:
    """「您好，万科物业。」"""
    assert said.verdicts("transfer-good")["opening"] == "pass"


@pytest.mark.engine
def test_what_is_no_greeting_fails(said: Said) -> None:
    """「喂，什么事？」"""
    assert said.verdicts("greeting-missing")["opening"] == "fail"


@pytest.mark.engine
def test_another_name_than_the_companys_fails_outside_and_not_inside(said: Said) -> None:
    """「您好，物业客服中心。」"""
    assert said.verdicts("rude")["opening"] == "fail"
    assert said.verdicts("rude", line="internal")["opening"] == "pass"


async def test_the_line_is_told_by_the_signalling(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, agents=("1",))) as stage:
        agent = await stage.phone("1", AGENT)
        outside = await stage.caller()
        await outside.hears(AGENT)
        outside.run.nudge()
        await outside.succeeded()
        await stage.ended()
        await agent.wait("CALL_CLOSED")
        inside = await stage.phone("3", CALLER)
        await inside.dial("8000")
        await inside.hears(AGENT)
        await inside.do("hangup")
        first, second = await stage.ended(2)
    assert (first.line, first.direction) == ("external", "inbound")
    assert (second.line, second.direction) == ("internal", "internal")
