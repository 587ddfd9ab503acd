"""With a recogniser that says what it was asked."""

from __future__ import annotations

import pytest

from transcripts.kaldi import IDLE, LONGEST, Kaldi, Kept, Key

FREE: Key = (8000, None)
NARROW: Key = (8000, ("您好",))
SECOND = bytes(16000)


class Asked:
    """Stands for a vosk.KaldiRecognizer."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def AcceptWaveform(self, samples: bytes) -> int:
        self.calls.append(f"accept {len(samples)}")
        return 0

    def Result(self) -> str:
        return "result"

    def FinalResult(self) -> str:
        self.calls.append("final")
        return "rest"

    def PartialResult(self) -> str:
        return "partial"


def made() -> tuple[Kept, list[tuple[Key, Asked]]]:
    new: list[tuple[Key, Asked]] = []

    def make(key: Key) -> Asked:
        new.append((key, Asked()))
        return new[-1][1]

    return Kept(make), new


def read(kept: Kept, key: Key = FREE, seconds: int = 1) -> Kaldi:
    kaldi = kept.take(key)
    for _ in range(seconds):
        assert not kaldi.accept(SECOND)
    assert kaldi.final_result() == "rest"
    kept.give_back(kaldi)
    return kaldi


def test_the_next_recording_has_the_recogniser_of_the_last() -> None:
    kept, new = made()
    assert read(kept) is read(kept)
    assert len(new) == 1


def test_it_is_made_to_begin_anew() -> None:
    """Vosk lets go of what it learnt of a voice only with a last result that it has something for."""
    kept, new = made()
    read(kept)
    assert new[0][1].calls == ["accept 16000", "final", "accept 160", "final"]


def test_its_clock_goes_on() -> None:
    kept, _ = made()
    assert kept.take(FREE).begun == 0.0
    read(kept, seconds=3)
    kaldi = kept.take(FREE)
    assert kaldi.begun == kaldi.given == pytest.approx(3.01)
    kaldi.accept(SECOND)
    assert kaldi.begun == pytest.approx(3.01)
    assert (kaldi.result(), kaldi.partial()) == ("result", "partial")


def test_two_recordings_at_once_have_one_each() -> None:
    kept, new = made()
    assert kept.take(FREE) is not kept.take(FREE)
    assert len(new) == 2


def test_those_of_other_phrases_are_others() -> None:
    kept, new = made()
    free = read(kept)
    narrow = read(kept, NARROW)
    assert [key for key, _ in new] == [FREE, NARROW]
    assert (kept.take(NARROW), kept.take(FREE)) == (narrow, free)


def test_the_longest_unused_is_given_up() -> None:
    kept, new = made()
    for number in range(IDLE + 1):
        read(kept, (8000, (str(number),)))
    kept.take((8000, ("0",)))
    kept.take((8000, (str(IDLE),)))
    assert len(new) == IDLE + 2


def test_one_that_has_heard_much_is_given_up() -> None:
    kept, new = made()
    read(kept, seconds=round(LONGEST))
    kept.take(FREE)
    assert len(new) == 2
