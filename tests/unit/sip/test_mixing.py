"""Voices brought to one clock, whatever their packets do, and added up."""

from __future__ import annotations

import numpy as np
import pytest

from sip.media.g711 import FRAME, PCMA, PCMU, Codec, Samples
from sip.media.mixing import FURTHEST, LEAD, WATCHED, Voice, mixed


def ramp(number: int, length: int = FRAME) -> Samples:
    """Samples that say where they belong: the first is `number` frames on, and none is zero."""
    return (np.arange(number * FRAME, number * FRAME + length) % 30000 + 1).astype(np.int16)


def taken(voice: Voice, frames: int) -> Samples:
    quiet = np.zeros(FRAME, np.int16)
    parts = [voice.take() for _ in range(frames)]
    return np.concatenate([quiet if part is None else part for part in parts])


@pytest.mark.parametrize("begin", [0, 5000, 2**32 - 3 * FRAME - 7, 2**31 - FRAME])
def test_what_is_put_in_comes_out_after_the_lead_sample_by_sample(begin: int) -> None:
    voice = Voice()
    assert voice.take() is None
    sound = []
    for number in range(20):
        voice.put((begin + number * FRAME) % 2**32, ramp(number))
        sound.append(taken(voice, 1))
    whole = np.concatenate(sound)
    assert not whole[:LEAD].any()
    assert (whole[LEAD:] == np.concatenate([ramp(n) for n in range(18)])).all()
    assert voice.waiting == LEAD and voice.late == 0


@pytest.mark.parametrize("length", [80, 240, 480])
def test_packets_of_any_length(length: int) -> None:
    voice, sound, whole = Voice(), [], ramp(0, 12 * 480)
    for tick in range(36):
        at = tick * FRAME
        for begin in range(-(-at // length) * length, at + FRAME, length):
            voice.put(begin, whole[begin : begin + length])
        sound.append(taken(voice, 1))
    assert (np.concatenate(sound)[LEAD:] == whole[: len(whole) - LEAD]).all()


def test_jitter_within_the_lead_costs_nothing_nor_does_another_order() -> None:
    voice = Voice()
    arrivals = [0, 2, 1, 3, 4, 6, 5, 7, 8, 9, None, None, 11, 10, 12, 13]
    sound = []
    for each in arrivals:
        if each is not None:
            voice.put(each * FRAME, ramp(each))
        sound.append(taken(voice, 1))
    heard = np.concatenate(sound)[LEAD:]
    assert (heard[: 9 * FRAME] == np.concatenate([ramp(n) for n in range(9)])).all()


def test_a_lost_packet_is_silence_of_its_length_and_not_older_sound() -> None:
    voice = Voice()
    for number in range(60):
        if number != 57:
            voice.put(number * FRAME, ramp(number))
        last = taken(voice, 1)
    assert (last == 0).sum() == FRAME  # number 57, LEAD after its time
    assert (taken(voice, 1) == ramp(58)).all()


def test_a_pause_is_silence_and_speech_after_it_is_not_late() -> None:
    voice = Voice()
    voice.put(0, ramp(0))
    taken(voice, 50)
    assert voice.take() is None
    voice.put(51 * FRAME, ramp(51))
    assert (taken(voice, 3)[LEAD:] == ramp(51)).all()
    assert voice.late == 0


def test_sound_that_comes_late_makes_the_voice_later_and_time_makes_it_catch_up() -> None:
    voice = Voice()
    voice.put(0, ramp(0))
    taken(voice, 6)
    for number in range(1, 6):  # all at once, after a stall of the network
        voice.put(number * FRAME, ramp(number))
    assert voice.late == 1
    assert (taken(voice, 7)[LEAD:] == np.concatenate([ramp(n) for n in range(1, 6)])).all()
    voice = Voice()
    voice.put(0, ramp(0))
    for number in range(1, 2 * WATCHED + 10):  # five frames further ahead than they must be
        voice.put((number + 5) * FRAME, ramp(number))
        taken(voice, 1)
    assert voice.waiting <= LEAD + FRAME


@pytest.mark.parametrize("jump", [FURTHEST + 1, -FURTHEST - 1, 2**31])
def test_timestamps_that_jump_begin_anew(jump: int) -> None:
    voice = Voice()
    voice.put(10**6, ramp(0))
    voice.put((10**6 + jump) % 2**32, ramp(7))
    assert (taken(voice, 3)[LEAD:] == ramp(7)).all()


def test_another_source_begins_anew() -> None:
    voice = Voice()
    voice.put(0, ramp(0))
    voice.restart()
    assert voice.waiting == 0
    voice.put(2 * FRAME, ramp(1))
    assert (taken(voice, 3)[LEAD:] == ramp(1)).all()


def test_voices_add_up_and_are_cut_off_at_the_top() -> None:
    loud = np.array([20000, -20000, 5, 0], np.int16)
    assert mixed([loud]).tolist() == loud.tolist()
    assert mixed([loud, loud]).tolist() == [32767, -32768, 10, 0]
    assert mixed([loud, loud, -loud]).tolist() == loud.tolist()


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_one_voice_alone_leaves_as_it_came(codec: Codec) -> None:
    """Decoded and encoded again it is the very same bytes (µ-law has two zeros, and makes one of them)."""
    every = bytes(value for value in range(256) if codec is PCMA or value != 0x7F)
    assert codec.encode(mixed([codec.decode(every)])) == every
