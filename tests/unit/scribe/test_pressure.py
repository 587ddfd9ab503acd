from __future__ import annotations

from callcenter.scribe.pressure import LIMITS, gives_way, may_begin


def test_a_recording_is_followed_while_the_workers_keep_up() -> None:
    assert may_begin({}, 0, 1)
    assert may_begin({"a": LIMITS.full, "b": 0.0}, LIMITS.calls, 1)
    assert not may_begin({"a": LIMITS.full + 0.1, "b": 0.0}, 0, 1)


def test_ended_calls_come_first() -> None:
    assert not may_begin({}, LIMITS.calls + 1, 1)
    assert may_begin({}, LIMITS.calls + 1, 2)


def test_what_began_last_gives_way_first() -> None:
    late = LIMITS.lost + 1
    assert gives_way({"a": late, "b": late, "c": 1.0}) == "b"
    assert gives_way({"a": LIMITS.lost}) is None
    assert gives_way({}) is None
