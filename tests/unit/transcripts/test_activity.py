"""Made sound: noise, digital silence and bursts of a buzz that speaks and pauses as syllables do."""

from __future__ import annotations

import numpy as np
import pytest

from transcripts.activity import AFTER, BEFORE, CUT, FRAME, Gate, Samples, speech_spans

RATE = 8000


def noise(seconds: float, level: float, seed: int = 1) -> Samples:
    """White noise at `level` dBov."""
    power = 32768.0 * 10.0 ** (level / 20.0)
    made: Samples = np.rint(np.random.default_rng(seed).normal(0.0, power, int(seconds * RATE))).astype(
        np.int16
    )
    return made


def buzz(seconds: float, level: float = -26.0) -> Samples:
    """Five syllables a second: a buzz of 150 Hz that swells and fades."""
    at = np.arange(round(seconds * RATE)) / RATE
    shape = np.sin(np.pi * 5.0 * at) ** 2 * np.sign(np.sin(2 * np.pi * 150.0 * at))
    made: Samples = np.rint(shape * 32768.0 * 10.0 ** (level / 20.0) / 0.612).astype(np.int16)
    return made


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.int16)


def through(sound: Samples, *, block: int | None = None) -> list[tuple[float, float]]:
    """What the gate lets through, in seconds; `sound` given in blocks of so many samples."""
    gate = Gate(RATE)
    pieces = []
    step = block or len(sound) + 1
    for at in range(0, len(sound), step):
        pieces += gate.feed(sound[at : at + step])
    pieces += gate.finish()
    spans: list[tuple[float, float]] = []
    for piece in pieces:
        if not len(piece.samples):
            continue
        np.testing.assert_array_equal(piece.samples, sound[piece.start : piece.start + len(piece.samples)])
        start, end = piece.start / RATE, (piece.start + len(piece.samples)) / RATE
        spans = (
            [*spans[:-1], (spans[-1][0], end)] if spans and spans[-1][1] == start else [*spans, (start, end)]
        )
    return spans


def test_silence_and_comfort_noise_cost_nothing() -> None:
    assert through(silence(10)) == []
    assert through(noise(10, -65)) == []
    assert through(np.empty(0, np.int16)) == []


def test_what_is_let_through_begins_before_speech_and_ends_after_it() -> None:
    (span,) = through(np.concatenate((silence(3), buzz(1), silence(3))))
    assert 3 - BEFORE - CUT < span[0] < 3 - BEFORE + 0.1
    assert span[1] == pytest.approx(4 + AFTER, abs=0.1)


def test_steady_noise_is_known_after_some_seconds() -> None:
    """The beginning is let through: it may be somebody who speaks at once."""
    spans = through(noise(60, -40))
    assert len(spans) == 1
    assert spans[0][1] < 6.0


@pytest.mark.parametrize("snr", [10, 15, 30])
def test_speech_in_noise(snr: float) -> None:
    sound = noise(30, -26.0 - snr)
    for start in (10, 20):
        sound[start * RATE : (start + 2) * RATE] += buzz(2)
    spans = [span for span in through(sound) if span[1] > 8]
    assert len(spans) == 2
    for (begin, end), start in zip(spans, (10, 20), strict=True):
        assert start - BEFORE - CUT - 0.2 < begin < start
        assert start + 1.8 < end < start + 2 + AFTER + 0.2


def test_what_is_left_out_is_a_multiple_of_the_engines_steps() -> None:
    spans = through(np.concatenate([np.concatenate((silence(2 + n / 7), buzz(1.3))) for n in range(6)]))
    gaps = [start - end for (_, end), (start, _) in zip([(0.0, 0.0), *spans], spans, strict=False)]
    assert len(gaps) == 6
    assert [gap / CUT for gap in gaps] == pytest.approx([round(gap / CUT) for gap in gaps])


def test_short_pauses_are_not_cut() -> None:
    speaking = np.concatenate([np.concatenate((buzz(1), silence(1.2))) for _ in range(4)])
    assert len(through(speaking)) == 1


def test_how_the_sound_is_divided_makes_no_difference() -> None:
    sound = noise(20, -50)
    sound[5 * RATE : 7 * RATE] += buzz(2)
    sound[15 * RATE : 16 * RATE] += buzz(1, -40)
    whole = through(sound)
    assert whole == through(sound, block=1600) == through(sound, block=37)


def test_quiet_is_told_before_it_is_left_out() -> None:
    """Once a pause, and not of one that is let through whole."""
    sound = np.concatenate((buzz(1), silence(1.2), buzz(1), silence(5), buzz(1)))
    gate = Gate(RATE)
    pieces = [piece for at in range(0, len(sound), 800) for piece in gate.feed(sound[at : at + 800])]
    quiet = [piece.start / RATE for piece in pieces if not len(piece.samples)]
    assert quiet == pytest.approx([3.2 + AFTER], abs=0.1)


def test_the_last_sound_of_a_recording_is_let_through() -> None:
    sound = np.concatenate((silence(2), buzz(1.01)))
    assert through(sound)[-1][1] == pytest.approx(3.01)


def test_spans_of_speech() -> None:
    sound = noise(30, -45)
    for start, end in ((0.5, 2.0), (2.2, 4.0), (20.0, 21.0)):
        sound[round(start * RATE) : round(end * RATE)] += buzz(end - start)
    sound[10 * RATE : 10 * RATE + 200] = 20_000  # a click
    spans = speech_spans(sound, RATE)
    assert [(round(start, 1), round(end, 1)) for start, end in spans] == [(0.5, 4.0), (20.0, 21.0)]
    assert speech_spans(silence(3), RATE) == speech_spans(np.empty(0, np.int16), RATE) == ()
    assert speech_spans(noise(10, -40), RATE) == ()


def test_frames_at_another_rate() -> None:
    sound = np.concatenate((silence(1), buzz(1), silence(1)))
    ((start, end),) = speech_spans(np.repeat(sound, 2), 2 * RATE)
    assert (start, end) == pytest.approx((1.0, 2.0), abs=3 * FRAME)
