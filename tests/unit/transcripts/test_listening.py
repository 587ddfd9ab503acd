"""With a decoder that hears a word wherever a second of what it was given is loud."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import pytest

from tests.unit.transcripts.test_activity import RATE, buzz, silence
from transcripts.activity import Piece, Samples
from transcripts.audio import Audio
from transcripts.listening import Cuts, Listener, listen, read_alone, to_samples
from transcripts.recogniser import Decoder, Utterance, Word


class Loud:
    """Hears 「响」 for each whole second given to it that is loud, and, when narrow, its first phrase."""

    name = "loud"

    def __init__(self, lexicon: Sequence[str] = ()) -> None:
        self.given = 0.0
        self.lexicon: Sequence[str] = lexicon
        self.pauses = 0

    def decoder(self, rate: int, phrases: Sequence[str] | None = None) -> Decoder:
        return _Seconds(self, rate, phrases[0] if phrases else "响")

    def transcribe(self, audio: Audio) -> list[Word]:
        return read_alone(self.decoder(audio.rate), audio)

    def spot(self, audio: Audio, phrases: Sequence[str]) -> list[Word]:
        return read_alone(self.decoder(audio.rate, phrases), audio)


class _Seconds:
    partial = "响"

    def __init__(self, engine: Loud, rate: int, word: str) -> None:
        self._engine, self._rate, self._word = engine, rate, word
        self._sound = np.empty(0, np.int16)

    def accept(self, samples: Samples) -> list[Utterance]:
        self._engine.given += len(samples) / self._rate
        self._sound = np.concatenate((self._sound, samples))
        return []

    def pause(self) -> list[Utterance]:
        self._engine.pauses += 1
        return []

    def finish(self) -> list[Utterance]:
        loud = np.flatnonzero(np.abs(self._sound) > 1000) / self._rate
        groups = np.split(loud, np.flatnonzero(np.diff(loud) > 0.3) + 1) if len(loud) else []
        return [
            Utterance((Word(self._word, float(g[0]), float(g[-1]), 0.9),), ((Word("想", g[0], g[-1], 0.2),),))
            for g in groups
        ]


SOUND = np.concatenate((silence(5), buzz(1), silence(7), buzz(1), silence(4)))
AUDIO = Audio(array("h", SOUND.tobytes()), RATE)


def test_words_are_where_they_were_spoken_and_silence_is_left_out() -> None:
    engine = Loud()
    heard = listen(AUDIO, engine, ["您好"])
    assert [word.start for word in heard.words] == pytest.approx([5.0, 13.0], abs=0.05)
    assert [word.end for word in heard.words] == pytest.approx([6.0, 14.0], abs=0.05)
    assert [word.text for word in heard.spotted or ()] == ["您好", "您好"]
    assert [words[0].text for words in heard.alternatives] == ["想", "想"]
    assert [words[0].start for words in heard.spotted_alternatives] == pytest.approx([5.0, 13.0], abs=0.05)
    assert heard.phrases == ("您好",)
    assert heard.seconds == 18.0
    assert engine.given < 2 * 6.0  # two passes over 18 s


def test_a_second_hearing_where_there_is_a_lexicon() -> None:
    heard = listen(AUDIO, Loud(["高卫"]), ["您好"])
    assert [word.text for word in heard.second] == ["高卫", "高卫"]
    assert [word.text for word in heard.spotted or ()] == ["您好", "您好"]
    assert listen(AUDIO, Loud()).second == ()


def test_what_was_measured_comes_along() -> None:
    voice = listen(AUDIO, Loud()).voice
    assert voice is not None and voice.level is not None
    assert [round(start) for start, _ in voice.spans] == [5, 13]
    assert -32.0 < voice.level < -22.0


def test_without_phrases_there_is_no_narrow_pass() -> None:
    assert listen(AUDIO, Loud()).spotted is None


def test_sound_that_comes_bit_by_bit_is_heard_as_the_whole_is() -> None:
    engine = Loud()
    live = Listener(engine, RATE, ["您好"])
    for at in range(0, len(SOUND), 1600):
        live.feed(SOUND[at : at + 1600])
    assert live.seconds == 18.0
    assert live.decoded < 6.0
    assert engine.pauses == 2 * 3
    assert live.partial == "响"
    assert live.finish() == listen(AUDIO, Loud(), ["您好"])


def test_nothing_was_recorded() -> None:
    heard = listen(Audio(array("h"), RATE), Loud())
    assert (heard.words, heard.seconds) == ((), 0.0)
    assert len(to_samples(Audio(array("h"), RATE))) == 0


def test_times_around_a_cut() -> None:
    cuts = Cuts(RATE)
    cuts.add(Piece(2 * RATE, silence(1)))
    cuts.add(Piece(10 * RATE, silence(1)))
    assert cuts.through == 2.0
    assert cuts.place(Word("一", 0.2, 1.0, 1.0)) == Word("一", 2.2, 3.0, 1.0)
    assert cuts.place(Word("二", 1.0, 1.4, 1.0)) == Word("二", 10.0, 10.4, 1.0)
    assert cuts.place(Word("三", 0.8, 1.3, 1.0)) == Word("三", 2.8, 10.3, 1.0)
