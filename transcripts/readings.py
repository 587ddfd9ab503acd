"""The readings of one utterance that an engine holds possible: how sure each word is, and which are worth
keeping.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

from transcripts.recogniser import Utterance, Word
from transcripts.sound import syllables

Timed = tuple[str, float, float]
"""A word, and from second to second."""
Reading = tuple[float, Sequence[Timed]]
"""A logarithm of its likelihood, and its words."""

KEPT = 4
"""Readings kept beside the first."""
SCALE = 1.0
"""Of the logarithms: engines are surer than they should be."""


def utterance_of(readings: Sequence[Reading]) -> Utterance:
    """The likeliest reading first. A word's confidence is the share of the readings, by likelihood, that have
    it at that place. Of readings that sound the same one is kept: phrases are compared by sound."""
    if not readings:
        return Utterance(())
    ordered = sorted(readings, key=lambda reading: -reading[0])
    shares = _shares([likelihood for likelihood, _ in ordered])
    best = ordered[0][1]
    words = tuple(Word(*word, _confidence(word, ordered, shares)) for word in best)
    return Utterance(words, tuple(islice(_others(ordered, shares), KEPT)))


def _others(ordered: Sequence[Reading], shares: Sequence[float]) -> Iterator[tuple[Word, ...]]:
    """Those that sound like none before them. One at a time: to tell how a reading sounds is dear."""
    known = {_sound(ordered[0][1])}
    for share, (_, timed) in zip(shares[1:], ordered[1:], strict=True):
        if timed and (sound := _sound(timed)) not in known:
            known.add(sound)
            yield tuple(Word(*word, round(share, 4)) for word in timed)


def _shares(likelihoods: Sequence[float]) -> list[float]:
    most = max(likelihoods)
    weights = [math.exp((each - most) * SCALE) for each in likelihoods]
    return [each / sum(weights) for each in weights]


def _confidence(word: Timed, readings: Sequence[Reading], shares: Sequence[float]) -> float:
    text, start, end = word
    share = sum(
        share
        for share, (_, timed) in zip(shares, readings, strict=True)
        if any(other == text and begin < end and stop > start for other, begin, stop in timed)
    )
    return round(min(1.0, share), 4)


def _sound(timed: Sequence[Timed]) -> str:
    """The syllables without their tones, by which two readings are told apart."""
    text = "".join(word for word, _, _ in timed)
    return " ".join(each.initial + each.final for each in syllables(text)) or text
