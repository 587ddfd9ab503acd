"""What all calls share."""

from __future__ import annotations

import pytest

from prompts.catalogue import UnknownPrompt
from tests.board import Phone, Switchboard
from tests.unit.switchboard.conftest import MakePhone


async def test_metrics_count_calls_and_phones(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    await make_phone("1")
    assert desk.board.metrics()["registered"] == 1
    await caller.dial("8000")
    await caller.connected()
    assert desk.board.metrics()["live_calls"] == 1
    caller.call.hangup()
    await desk.row()
    assert desk.board.metrics()["calls_answered"] == 1


async def test_prompts_in_both_codecs(desk: Switchboard) -> None:
    clip = desk.board.prompt("busy-to-desk")
    assert len(clip.alaw) == len(clip.ulaw) > 8000
    with pytest.raises(UnknownPrompt):
        desk.board.prompt("no-such-prompt")


async def test_a_standard_is_loaded_once(desk: Switchboard) -> None:
    assert desk.board.standard("vanke") is desk.board.standard("vanke")
