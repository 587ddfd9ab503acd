"""The script of the demo, read from its dialogues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.demo.script import DIALOGUES, NAMES, DemoCall, ScriptError, five_calls, read_folder
from callcenter.domain.rings import CHINA, count_rings
from callcenter.standards import standard_names

FACTS = {"standard": "sunac", "rings": 2, "hangup": "agent", "expect": {"opening": "pass", "closing": "fail"}}


def write_dialogue(folder: Path, name: str = "one", facts: object = FACTS) -> Path:
    (folder / f"{name}.json").write_text(json.dumps(facts), "utf-8")
    for who in ("agent", "caller"):
        (folder / f"{name}.{who}.wav").write_bytes(b"RIFF")
    return folder


def test_the_plain_demo_has_the_five_calls_of_the_issue() -> None:
    calls = five_calls()
    assert [call.name for call in calls] == [
        "repair-good",
        "late-answer",
        "greeting-missing",
        "transfer-good",
        "abandoned",
    ]
    assert [call.rings for call in calls] == [2, 5, 2, 2, 2]
    assert [call.transferred for call in calls] == [False, False, False, True, False]
    assert calls[1].expect["three_rings"] == "fail"
    assert calls[2].expect["opening"] == "fail"
    assert calls[4].outcome == "abandoned"


def test_a_phone_rings_until_well_inside_the_ring_to_be_counted() -> None:
    for rings in range(1, 7):
        seconds = DemoCall("x", 1, rings=rings).ring_seconds
        assert count_rings(seconds - 1, CHINA) == count_rings(seconds + 1, CHINA) == rings


def test_every_call_has_numbers_of_its_own() -> None:
    calls = five_calls()
    numbers = [n for call in calls for n in (call.caller_number, call.desk_number, call.agent_number)]
    assert len(set(numbers)) == 15


def test_the_second_answer_says_the_first_sentence() -> None:
    start, end = five_calls()[3].first_words
    assert (start, end) == pytest.approx((0.3, 2.364))


def test_the_dialogues_that_ship_make_a_folder_that_can_be_played() -> None:
    assert [call.name for call in read_folder(DIALOGUES, {"vanke"})] == [
        "greeting-missing",
        "late-answer",
        "repair-good",
        "transfer-good",
    ]


def test_by_another_standard_the_opening_is_not_compared(tmp_path: Path) -> None:
    (call,) = read_folder(write_dialogue(tmp_path), {"vanke"})
    assert (call.standard, call.expect) == ("vanke", {"closing": "fail"})
    (call,) = read_folder(tmp_path, {"vanke", "sunac"})
    assert (call.standard, call.expect) == ("sunac", {"opening": "pass", "closing": "fail"})
    assert call.hangup == "agent"


def test_a_folder_without_dialogues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="no dialogues"):
        read_folder(tmp_path, ())
    with pytest.raises(ScriptError, match="no dialogues"):
        read_folder(tmp_path / "nowhere", ())


def test_a_broken_dialogue_is_named(tmp_path: Path) -> None:
    write_dialogue(tmp_path, "broken", {"rings": "many"})
    with pytest.raises(ScriptError, match=r"broken\.json is no dialogue"):
        read_folder(tmp_path, ())


def test_a_missing_voice_is_named(tmp_path: Path) -> None:
    (write_dialogue(tmp_path) / "one.caller.wav").unlink()
    with pytest.raises(ScriptError, match=r"one\.caller\.wav is missing"):
        read_folder(tmp_path, ())


def test_every_standard_that_ships_has_a_desk_with_a_name() -> None:
    assert set(NAMES) == set(standard_names())
