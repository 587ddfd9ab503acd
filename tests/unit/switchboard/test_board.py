"""What all calls share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from prompts.catalogue import UnknownPrompt, load_music
from prompts.schema import CatalogueError
from prompts.wav import write_alaw
from sip.media import tones
from tests.board import Phone, Switchboard, settings_for
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
    assert len(clip.alaw) == len(clip.ulaw) > 4000
    with pytest.raises(UnknownPrompt):
        desk.board.prompt("no-such-prompt")


async def test_the_music_on_hold_is_ours_a_file_or_silence(tmp_path: Path, desk: Switchboard) -> None:
    def music(wanted: str) -> bytes:
        settings = settings_for(tmp_path, hold_music=wanted)
        return replace(desk.board, settings=settings).hold_music.alaw

    assert music("") == load_music().pcma
    assert music("off") == tones.silence().alaw
    write_alaw(tmp_path / "own.wav", b"\x55\xd5" * 800)
    assert music(str(tmp_path / "own.wav")) == b"\x55\xd5" * 800
    with pytest.raises(CatalogueError, match=r"sip\.hold_music: .*none\.wav: there is no such file"):
        music(str(tmp_path / "none.wav"))
