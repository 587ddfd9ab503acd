"""The clips in the repository are those that the tables ask for, no more and no fewer."""

from __future__ import annotations

from tests.spoken.clips import CLIPS
from tests.spoken.tables import EXAMPLES, UNSEEN, calls

LARGEST = 3_000_000
"""Bytes that all clips together may take in the repository."""


def test_every_sentence_has_its_clip_and_every_clip_its_sentence() -> None:
    asked = {
        sentence.file for table in (EXAMPLES, UNSEEN) for call in calls(table) for sentence in call.sentences
    }
    there = {path.name: path.stat().st_size for path in CLIPS.iterdir()}
    assert set(there) == asked
    assert sum(there.values()) < LARGEST


def test_the_same_sound_may_be_described_otherwise() -> None:
    (repair,) = (call for call in calls(EXAMPLES) if call.name == "repair")
    first, late, *_ = repair.judgements
    assert (first["rings"], late["rings"]) == (2, 5)
    assert "others" not in late and late["matter"] == "repair"
