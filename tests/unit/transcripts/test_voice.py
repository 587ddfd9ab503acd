from __future__ import annotations

import pytest

from transcripts.voice import Voice, joined


def test_on_another_clock() -> None:
    assert Voice(((1.0, 2.0),), -26.0).shifted(10.0) == Voice(((11.0, 12.0),), -26.0)


def test_parts_of_one_speaker_are_put_together() -> None:
    """The level is that of all that was spoken: ten seconds at -20 dBov, ten at -26."""
    whole = joined([Voice(((20.0, 30.0),), -26.0), Voice(((0.0, 10.0),), -20.0), Voice()])
    assert whole is not None and whole.level is not None
    assert whole.spans == ((0.0, 10.0), (20.0, 30.0))
    assert whole.level == pytest.approx(-22.04, abs=0.01)


def test_nobody_spoke_and_nothing_was_measured() -> None:
    assert joined([Voice()]) == Voice()
    assert joined([]) is None
