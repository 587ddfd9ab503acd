"""Finding a prompt in what a phone heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callcenter.demo.script import DIALOGUES
from callcenter.demo.sound import Sound, contains, cut_wav, decode_alaw, read_recording
from prompts.catalogue import load_catalogue
from sip.media import g711, wav


def prompt(name: str) -> Sound:
    return decode_alaw(load_catalogue().clip(name).pcma)


def speech(name: str) -> Sound:
    data = (DIALOGUES / f"{name}.wav").read_bytes()
    return decode_alaw(data[data.index(b"data") + 8 :])


def test_alaw_decodes_as_g711_says() -> None:
    every = bytes(range(256))
    assert np.array_equal(decode_alaw(every) * 32768, g711.PCMA.decode(every))


def test_a_prompt_is_found_through_a_bad_phone() -> None:
    said = np.concatenate([speech("transfer-good.agent"), prompt("busy-to-desk") * 0.6, np.zeros(4000)])
    eight_bits = np.round(said * 127) / 127
    lost = np.delete(eight_bits, slice(70000, 70160))
    assert contains(lost, prompt("busy-to-desk"))


@pytest.mark.parametrize("other", ["repair-good.agent", "late-answer.agent", "transfer-good.caller"])
def test_speech_is_not_taken_for_a_prompt(other: str) -> None:
    assert not contains(speech(other), prompt("busy-to-desk"))


def test_another_prompt_is_not_taken_for_it() -> None:
    assert not contains(prompt("no-answer-to-desk"), prompt("busy-to-desk"))


def test_silence_and_too_little_hold_no_prompt() -> None:
    assert not contains(np.zeros(80000), prompt("busy-to-desk"))
    assert not contains(np.zeros(100), prompt("busy-to-desk"))


def test_a_piece_is_cut_out_of_a_wav(tmp_path: Path) -> None:
    source, target = tmp_path / "all.wav", tmp_path / "piece.wav"
    source.write_bytes(wav.build(g711.PCMA, bytes(range(200)) * 80))
    cut_wav(source, target, 0.5, 1.0)
    data = target.read_bytes()
    assert data[data.index(b"data") + 8 :] == (bytes(range(200)) * 80)[4000:8000]
    assert int.from_bytes(data[4:8], "little") == len(data) - 8


def test_what_is_no_wav_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound at all")
    with pytest.raises(ValueError, match="no WAV file"):
        cut_wav(tmp_path / "x.wav", tmp_path / "y.wav", 0, 1)


def test_recordings_of_both_phones_are_read(tmp_path: Path) -> None:
    import wave

    for width, data in ((1, b"\x80\xff\x00"), (2, b"\x00\x00\xff\x7f\x00\x80")):
        path = tmp_path / f"{width}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, width, 8000, 0, "NONE", ""))
            file.writeframes(data)
        assert read_recording(path) == pytest.approx([0, 1, -1], abs=0.01)
