from __future__ import annotations

from transcripts.recogniser import Word
from transcripts.utterances import join_text, split_utterances


def test_a_pause_ends_an_utterance() -> None:
    words = [Word("您好", 0.0, 0.5, 1.0), Word("万科", 0.6, 1.0, 1.0), Word("再见", 2.0, 2.4, 1.0)]
    assert [join_text(part) for part in split_utterances(words)] == ["您好万科", "再见"]
    assert list(split_utterances([])) == []


def test_latin_words_keep_their_space() -> None:
    words = [Word(text, 0.0, 0.1, 1.0) for text in ("用", "wifi", "password", "吗")]
    assert join_text(words) == "用wifi password吗"


def test_a_word_on_another_clock() -> None:
    assert Word("好", 1.0, 1.5, 0.9).shifted(2.5) == Word("好", 3.5, 4.0, 0.9)
