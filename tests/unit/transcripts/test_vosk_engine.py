"""With the real model: a few seconds of sound only."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.speech import recogniser, speech_model, wav
from transcripts.audio import Audio, read_wav
from transcripts.listening import listen
from transcripts.recogniser import RecogniserError
from transcripts.utterances import join_text
from transcripts.vosk_engine import VoskRecogniser, segment

pytestmark = pytest.mark.engine


def test_words_with_their_times() -> None:
    words = recogniser().transcribe(read_wav(wav("transfer-good", "agent")))
    text = join_text(words)
    assert text.startswith("您好万科物业")
    assert "转接" in text
    assert all(word.start < word.end and 0.0 < word.confidence <= 1.0 for word in words)
    assert words == sorted(words, key=lambda word: word.start)
    spoken = next(word for word in words if word.text == "物业")
    assert 1.3 < spoken.start < spoken.end < 2.2  # the timeline: 0.6 to 2.064 s


def test_the_same_sound_gives_the_same_words() -> None:
    audio = read_wav(wav("transfer-good", "caller"))
    assert recogniser().transcribe(audio) == recogniser().transcribe(audio)


def test_what_was_heard_before_makes_no_difference() -> None:
    """The recogniser is that of the recording before, which was another voice and ended with silence."""
    engine = VoskRecogniser(speech_model())
    audio = read_wav(wav("repair-good", "agent")).between(0.5, 2.5)
    first = listen(audio, engine, ["请问"])
    other = read_wav(wav("transfer-good", "caller")).between(2.5, 5.0).samples
    listen(Audio(other + array("h", bytes(48000)), 8000), engine, ["请问"])
    assert first.words
    assert listen(audio, engine, ["请问"]) == first


def test_the_narrow_pass_hears_only_what_it_knows() -> None:
    audio = read_wav(wav("late-answer", "agent")).between(0.0, 2.0)
    phrases = ["您好", "万科物业", "融创物业", "再见"]
    assert join_text(recogniser().spot(audio, phrases)) == "您好万科物业"
    assert join_text(recogniser().transcribe(audio)) != "您好万科物业"  # freely it hears 问物业


def test_the_first_word_begins_where_it_is_spoken() -> None:
    audio = read_wav(wav("repair-good", "agent")).between(0.0, 4.0)
    first = recogniser().transcribe(audio)[0]
    assert first.text == "您好"
    assert 0.45 < first.start < 0.85  # the timeline: 0.6 s


def test_silence_has_no_words() -> None:
    assert recogniser().transcribe(Audio(array("h"), 8000)) == []
    assert recogniser().transcribe(Audio(array("h", bytes(32000)), 8000)) == []


def test_digital_silence_around_speech_does_no_harm() -> None:
    """As a recording has it while nobody sends; without dither the engine heard words in it."""
    spoken = read_wav(wav("transfer-good", "agent")).between(0.5, 2.2).samples
    nothing = array("h", bytes(32000))
    words = recogniser().transcribe(Audio(nothing + spoken + nothing, 8000))
    assert join_text(words) == "您好万科物业"
    assert 1.9 < words[0].start < 2.4


def test_segments_are_the_longest_words_known() -> None:
    known = {"物业", "高", "卫", "物"}
    assert segment("高卫物业", known.__contains__) == ["高", "卫", "物业"]
    assert segment("高逸", known.__contains__) is None
    assert segment("高喂物业", known.__contains__) == ["高", "卫", "物业"]  # the same sound
    assert recogniser().knows("万科")
    assert not recogniser().knows("帮到")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match=r"holds no Vosk model \(am/final\.mdl is missing\)"):
        VoskRecogniser(tmp_path)
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"nonsense")
    with pytest.raises(RecogniserError, match="cannot load"):
        VoskRecogniser(tmp_path)


def test_its_name_is_that_of_the_model() -> None:
    assert recogniser().name == "vosk-model-small-cn-0.22"
