from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.media.dtmf import KEYS, Detector, Event, MalformedEvent, event_payloads, rescaled


def heard(packets: list[tuple[int, bytes]]) -> str:
    detector = Detector()
    return "".join(detector.feed(1, timestamp, payload) or "" for timestamp, payload in packets)


def press(key: str, timestamp: int) -> list[tuple[int, bytes]]:
    return [(timestamp, payload) for payload in event_payloads(key)]


def test_marker_lost_and_three_ends_give_one_digit() -> None:
    assert heard(press("5", 1000)[1:]) == "5"


def test_only_an_end_arrives() -> None:
    assert heard(press("#", 1000)[-1:]) == "#"


def test_a_key_pressed_twice_is_two_digits() -> None:
    assert heard(press("7", 1000) + press("7", 3000)) == "77"


def test_a_press_that_goes_on_in_a_second_segment_is_one_digit() -> None:
    long = [(0, bytes(Event(3, False, 0xFFFF))), (0xFFFF, bytes(Event(3, True, 800)))]
    assert heard(long) == "3"


def test_another_sender_may_use_the_same_timestamp() -> None:
    detector = Detector()
    assert [detector.feed(ssrc, 8, bytes(Event(1, False, 160))) for ssrc in (1, 2, 1)] == ["1", "1", None]


def test_an_event_that_is_no_key_is_no_digit() -> None:
    assert heard([(0, bytes(Event(16, True, 160)))]) == ""


def test_too_short_a_payload_is_malformed() -> None:
    with pytest.raises(MalformedEvent):
        Detector().feed(1, 0, b"\x05\x8a")


@settings(deadline=None)
@given(
    st.text(KEYS, min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.floats(0, 0.8),
    st.integers(0, 2**32 - 1),
)
def test_loss_and_duplicates_never_change_the_number(keys, random, loss, start) -> None:  # type: ignore[no-untyped-def]
    packets = []
    for index, key in enumerate(keys):
        timestamp = (start + index * 1600) & 0xFFFFFFFF
        sent = press(key, timestamp)
        kept = [one for one in sent if random.random() >= loss] or [random.choice(sent)]
        packets += [one for one in kept for _ in range(random.choice((1, 1, 2)))]
    assert heard(packets) == keys


@settings(deadline=None)
@given(st.binary(min_size=4, max_size=4))
def test_an_event_is_read_as_it_was_written(raw: bytes) -> None:
    assert bytes(Event.parse(raw)) == raw


def test_a_press_ends_three_times_with_its_whole_length() -> None:
    events = [Event.parse(payload) for payload in event_payloads("A", 100)]
    assert [event.duration for event in events] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for event in events] == [False] * 4 + [True] * 3
    assert {event.key for event in events} == {"A"}


@pytest.mark.parametrize(("key", "milliseconds"), [("X", 100), ("", 100), ("12", 100), ("1", 0), ("1", 9000)])
def test_what_cannot_be_pressed_is_refused(key: str, milliseconds: int) -> None:
    with pytest.raises(ValueError, match="key"):
        event_payloads(key, milliseconds)


def test_beside_opus_a_press_counts_48_a_millisecond_and_no_more_than_16_bits() -> None:
    events = [Event.parse(payload) for payload in event_payloads("1", 40, frame=960, rate=48000)]
    assert [event.duration for event in events] == [960, 1920, 1920, 1920]
    assert Event.parse(event_payloads("1", 5000, frame=960, rate=48000)[-1]).duration == 0xFFFF


def test_a_duration_is_counted_anew_for_another_clock() -> None:
    press = bytes(Event(5, True, 800))
    assert Event.parse(rescaled(press, 8000, 48000)) == Event(5, True, 4800)
    assert Event.parse(rescaled(bytes(Event(5, True, 0xFFFF)), 8000, 48000)).duration == 0xFFFF
    assert rescaled(press + b"more", 8000, 8000) == press + b"more"
    with pytest.raises(MalformedEvent):
        rescaled(b"", 8000, 48000)
