"""One speaker listened to as the sound comes: silence left out, both passes made, times those of the whole.

A file that is complete is read the same way, so that it makes no difference whether somebody listened live.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from transcripts.activity import Gate, Piece, Samples, speech_spans
from transcripts.audio import Audio
from transcripts.dither import dithered
from transcripts.recogniser import Decoder, Recogniser, Utterance, Word
from transcripts.speech_level import active_level
from transcripts.transcript import Alternative, Transcript
from transcripts.trimming import trim
from transcripts.voice import Voice


class Cuts:
    """From the time of what was let through to the time of the whole, both in seconds."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._through = 0
        self._from: list[float] = []
        self._to: list[float] = []

    @property
    def through(self) -> float:
        """Seconds let through."""
        return self._through / self._rate

    def add(self, piece: Piece) -> None:
        if not len(piece.samples):
            return
        self._from.append(self._through / self._rate)
        self._to.append(piece.start / self._rate)
        self._through += len(piece.samples)

    def place(self, word: Word) -> Word:
        """The word where it was spoken: what begins at a cut begins behind it, what ends there before it."""
        first = max(0, bisect_right(self._from, word.start) - 1)
        last = max(first, bisect_left(self._from, word.end) - 1)
        start = word.start - self._from[first] + self._to[first]
        end = word.end - self._from[last] + self._to[last]
        return Word(word.text, round(start, 3), round(end, 3), word.confidence)


class Listener:
    """The free pass of one speaker's sound, the narrow one where `phrases` are given, and the second hearing
    where the recogniser has a lexicon."""

    def __init__(self, recogniser: Recogniser, rate: int, phrases: Sequence[str] = ()) -> None:
        self._sound = Audio(array("h"), rate)
        self._gate, self._cuts = Gate(rate), Cuts(rate)
        self._free = _Pass(recogniser.decoder(rate), self._cuts, self._sound)
        self._narrow = _Pass(recogniser.decoder(rate, phrases), self._cuts, self._sound) if phrases else None
        lexicon = recogniser.lexicon
        self._second = _Pass(recogniser.decoder(rate, lexicon), self._cuts, self._sound) if lexicon else None
        self._phrases = tuple(phrases)

    @property
    def seconds(self) -> float:
        """What was taken so far."""
        return self._sound.duration

    @property
    def decoded(self) -> float:
        """Seconds that were given to the recogniser: what was not silence."""
        return self._cuts.through

    @property
    def words(self) -> Sequence[Word]:
        """Those of the utterances that are complete."""
        return self._free.words

    @property
    def partial(self) -> str:
        """The utterance under way, as far as it can be told."""
        return self._free.partial

    def feed(self, samples: Samples) -> None:
        """Takes the sound that comes next."""
        self._sound.samples.frombytes(samples.astype("=i2").tobytes())
        for piece in self._gate.feed(samples):
            self._hear(piece)

    def finish(self) -> Transcript:
        """All that was heard; the last call."""
        for piece in self._gate.finish():
            self._hear(piece)
        for each in self._passes():
            each.finish()
        narrow = self._narrow
        return Transcript(
            tuple(self._free.words),
            tuple(narrow.words) if narrow else None,
            self.seconds,
            phrases=self._phrases,
            alternatives=tuple(self._free.alternatives),
            spotted_alternatives=tuple(narrow.alternatives) if narrow else (),
            voice=measure(self._sound),
            second=tuple(self._second.words) if self._second else (),
        )

    def _passes(self) -> list[_Pass]:
        return [each for each in (self._free, self._narrow, self._second) if each]

    def _hear(self, piece: Piece) -> None:
        self._cuts.add(piece)
        for each in self._passes():
            each.accept(piece)


class _Pass:
    def __init__(self, decoder: Decoder, cuts: Cuts, sound: Audio) -> None:
        self._decoder, self._cuts, self._sound = decoder, cuts, sound
        self.words: list[Word] = []
        self.alternatives: list[Alternative] = []

    @property
    def partial(self) -> str:
        return self._decoder.partial

    def accept(self, piece: Piece) -> None:
        if len(piece.samples):
            self._take(self._decoder.accept(dithered(piece.samples, piece.start)))
        else:
            self._take(self._decoder.pause())

    def finish(self) -> None:
        self._take(self._decoder.finish())

    def _take(self, utterances: Iterable[Utterance]) -> None:
        for utterance in utterances:
            self.words += self._placed(utterance.words)
            self.alternatives += [tuple(self._placed(each)) for each in utterance.alternatives]

    def _placed(self, words: Iterable[Word]) -> list[Word]:
        return [trim(self._cuts.place(word), self._sound) for word in words]


def listen(audio: Audio, recogniser: Recogniser, phrases: Sequence[str] = ()) -> Transcript:
    """A whole recording, at once; with `phrases` the narrow pass is made as well."""
    listener = Listener(recogniser, audio.rate, phrases)
    listener.feed(to_samples(audio))
    return listener.finish()


def read_alone(decoder: Decoder, audio: Audio) -> list[Word]:
    """The words of one pass of a whole recording."""
    gate, cuts = Gate(audio.rate), Cuts(audio.rate)
    alone, samples = _Pass(decoder, cuts, audio), to_samples(audio)
    for piece in (*gate.feed(samples), *gate.finish()):
        cuts.add(piece)
        alone.accept(piece)
    alone.finish()
    return alone.words


def measure(audio: Audio) -> Voice:
    """Where in it somebody speaks, and how loud."""
    samples = to_samples(audio)
    return Voice(speech_spans(samples, audio.rate), active_level(samples, audio.rate))


def to_samples(audio: Audio) -> Samples:
    """The same samples for numpy."""
    return np.frombuffer(audio.samples, np.int16) if audio.samples else np.empty(0, np.int16)
