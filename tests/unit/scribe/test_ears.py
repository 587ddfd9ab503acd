"""With an engine that hears a word wherever it is loud; test_hands has the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callcenter.scribe.ears import Ears
from tests.speech import wav
from tests.unit.transcripts.test_listening import Loud
from transcripts.decoding import read_sound
from transcripts.listening import listen
from transcripts.transcript import Transcript, from_plain

WHOLE = wav("transfer-good", "agent")


def question(path: Path, *, complete: bool = False, most: float = 2.0, id: str = "r1") -> dict[str, Any]:
    return {"listen": id, "path": str(path), "phrases": ["您好"], "most": most, "complete": complete}


def finish(ears: Ears, path: Path, id: str = "r1") -> tuple[Transcript, int]:
    """What was heard in the end, and how often it was asked for."""
    for asked in range(1, 100):
        answer = ears.answer(question(path, complete=True, id=id))
        if "transcript" in answer:
            return from_plain(answer["transcript"]), asked
    raise AssertionError("there is no end")


def test_a_complete_file_is_read_step_by_step() -> None:
    heard, asked = finish(Ears(Loud()), WHOLE)
    assert heard == listen(read_sound(WHOLE), Loud(), ["您好"])
    assert asked == 4  # 7.5 s in steps of 2


def test_a_file_that_was_followed_is_read_once(tmp_path: Path) -> None:
    path, engine = tmp_path / "leg.wav", Loud()
    ears, raw = Ears(engine), WHOLE.read_bytes()
    path.write_bytes(raw[:40_000])
    standings = [ears.answer(question(path)) for _ in range(3)]
    assert [round(each["seconds"], 1) for each in standings] == [2.0, 4.0, 4.6]
    assert standings[0]["waiting"] == pytest.approx(2.6, abs=0.05)
    assert standings[2]["partial"] == "响"
    path.write_bytes(raw)
    heard, asked = finish(ears, path)
    once = Loud()
    assert heard == listen(read_sound(WHOLE), once, ["您好"])
    assert asked == 2
    assert engine.given == pytest.approx(once.given)


def test_two_at_once_do_not_mix() -> None:
    ears, other = Ears(Loud()), wav("transfer-good", "caller")
    ears.answer(question(other, complete=True, id="r2", most=1.0))
    assert finish(ears, WHOLE)[0] == listen(read_sound(WHOLE), Loud(), ["您好"])
    assert finish(ears, other, "r2")[0] == listen(read_sound(other), Loud(), ["您好"])


def test_other_phrases_begin_anew() -> None:
    ears = Ears(Loud())
    ears.answer(question(WHOLE, complete=True))
    heard = from_plain(
        ears.answer(question(WHOLE, complete=True, most=60.0) | {"phrases": ["再见"]})["transcript"]
    )
    assert heard == listen(read_sound(WHOLE), Loud(), ["再见"])


def test_what_is_dropped_is_forgotten() -> None:
    ears = Ears(Loud())
    ears.answer(question(WHOLE, complete=True))
    assert ears.answer({"drop": "r1"}) == ears.answer({"drop": "unknown"}) == {}
    assert ears.answer(question(WHOLE, complete=True))["seconds"] == 2.0


def test_a_file_that_is_no_sound() -> None:
    for complete in (True, False):
        answer = Ears(Loud()).answer(question(Path(__file__), complete=complete))
        assert "WAV file" in answer["transcript"]["error"]


def test_a_recording_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "leg.wav"
    path.write_bytes(WHOLE.read_bytes()[:58].replace(b"data", b"data"))
    heard, _ = finish(Ears(Loud()), path)
    assert (heard.words, heard.error) == ((), None)
