"""Parts are laid one after the other, on the leg of who says them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcenter.corpus.dialogues import read_dialogue
from prompts.g711 import linear_to_alaw
from prompts.wav import write_alaw
from tests.spoken.clips import Sentence
from tests.spoken.compose import Spoken, compose, write
from tests.spoken.tables import swapped

VOICES = {"agent": "zf_a", "caller": "zm_b"}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Both voices say 「一」: a second of a square wave."""
    for voice in VOICES.values():
        write_alaw(tmp_path / Sentence(voice, "一").file, linear_to_alaw(np.full(8_000, 0.25)))
    return tmp_path


def loud(spoken: Spoken, leg: str) -> list[int]:
    """The tenths of seconds in which a leg is heard."""
    tenths = getattr(spoken, leg)[: len(spoken.agent) // 800 * 800].reshape(-1, 800)
    return [int(number) for number in np.flatnonzero(np.abs(tenths).max(axis=1) > 0.01)]


def test_parts_follow_one_another_and_may_overlap(clips: Path) -> None:
    spoken = compose([{"agent": "一"}, {"caller": "一", "after": -0.2}], VOICES, folder=clips)
    assert loud(spoken, "agent") == list(range(6, 16))
    assert loud(spoken, "caller") == list(range(14, 24))
    assert spoken.seconds == pytest.approx(3.0)
    assert spoken.timeline[1] == {"leg": "caller", "start": 1.4, "end": 2.4, "text": "一"}


def test_holds_are_told_and_silences_are_not(clips: Path) -> None:
    says: list[Mapping[str, Any]] = [
        {"agent": "一"},
        {"hold": 5.0},
        {"silence": 2.0, "after": 0.0},
        {"agent": "一", "after": 0.0},
    ]
    spoken = compose(says, VOICES, ends=0.1, folder=clips)
    assert [part["leg"] for part in spoken.timeline] == ["agent", "hold", "agent"]
    assert (spoken.timeline[1]["start"], spoken.timeline[2]["start"]) == (2.0, 9.0)
    assert spoken.seconds == pytest.approx(10.1)


def test_a_clip_may_be_softer_noisy_or_cut(clips: Path) -> None:
    says: list[Mapping[str, Any]] = [
        {"agent": "一", "gain": -20.0},
        {"agent": "一", "noise": 10.0},
        {"agent": "一", "cut": [0.5, 9.0]},
    ]
    agent = compose(says, VOICES, folder=clips).agent
    assert np.mean(agent[5_000:12_000]) == pytest.approx(0.025, rel=0.05)
    assert np.std(agent[16_500:23_500]) == pytest.approx(0.25 / 10**0.5, rel=0.05)
    assert agent[30_000] == pytest.approx(0.25, abs=0.01) and abs(agent[33_000]) < 0.01


def test_a_written_call_is_a_dialogue_of_a_corpus(clips: Path) -> None:
    spoken = compose([{"agent": "一"}, {"hold": 5.0}], VOICES, folder=clips)
    write(clips, "one", spoken, {"standard": "vanke", "rings": 2, "expect": {"opening": "fail"}})
    dialogue = read_dialogue(clips / "one.json")
    assert dialogue.facts.holds == ((2.0, 7.0),)


def test_voices_change_places_and_pauses_stay() -> None:
    timeline = [
        {"leg": "agent", "start": 0.6, "end": 2.0, "text": "一"},
        {"leg": "hold", "start": 2.5, "end": 7.5},
    ]
    call = swapped({"name": "one", "standard": "vanke", "timeline": timeline, **VOICES})
    assert call.sentences == [Sentence("zm_b", "一")]
    assert [part["after"] for part in call.says] == [0.6, 0.5]


def test_a_clip_that_is_missing_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"make it with python -m tests\.spoken\.speak"):
        compose([{"agent": "二"}], VOICES, folder=tmp_path)
