from __future__ import annotations

from callcenter.judging.hearing import Hearing
from callcenter.judging.speech import heard_spans, longest, silences, spans, spoken, within
from tests.unit.judging.every_rule import LIMITS
from tests.unit.judging.said import words
from transcripts.recogniser import Word
from transcripts.voice import Voice


def test_where_a_party_speaks() -> None:
    heard = Hearing(words((1.0, "您好 万科"), (3.0, "物业")), LIMITS)
    assert spans(heard, None) == ((1.0, 2.0), (3.0, 3.5))
    assert spans(heard, Voice(((0.9, 4.0),), -20.0)) == ((0.9, 4.0),)
    assert spans(None, None) == ()


def test_sound_in_which_no_word_was_heard() -> None:
    heard = Hearing(words((1.0, "您好"), (5.0, "万科 物业")), LIMITS)
    street = Voice(((0.9, 3.0), (3.5, 4.5), (5.5, 5.9)), -20.0)
    told = heard_spans(heard, street)
    assert [(round(start, 2), round(end, 2)) for start, end in told] == [(0.9, 1.8), (5.5, 5.9)]
    assert heard_spans(heard, None) == spans(heard, None)
    assert heard_spans(None, street) == street.spans


def test_silences() -> None:
    said = [(5.0, 7.0), (1.0, 2.0), (1.5, 3.0)]
    assert list(silences(said, 0.0, 10.0)) == [(0.0, 1.0), (3.0, 5.0), (7.0, 10.0)]
    assert list(silences(said, 2.5, 6.0)) == [(3.0, 5.0)]
    assert list(silences([], 0.0, 2.0)) == [(0.0, 2.0)]
    assert longest(tuple(silences(said, 0.0, 10.0))) == (7.0, 10.0)
    assert longest(()) is None


def test_words_within() -> None:
    said = words((0.0, "您好"), (1.0, "万科"))
    assert [word.text for word in within(said, 0.2, 1.2)] == ["您好"]


def test_a_word_that_takes_longer_than_anybody_needs_is_noise() -> None:
    said = [*words((1.0, "您好")), Word("肺部", 3.0, 20.0, 0.4), *words((21.0, "久等 了"))]
    assert [word.text for word in spoken(said, None)] == ["您好", "久等", "了"]
    assert [word.text for word in spoken(said, Voice(((20.5, 22.0),), -25.0))] == ["久等", "了"]
    assert spans(Hearing(said, LIMITS), None) == ((1.0, 1.5), (21.0, 21.75))
