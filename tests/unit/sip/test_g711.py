from __future__ import annotations

import warnings

import numpy as np
import pytest

from sip.media.g711 import ALAW_TO_ULAW, BY_NAME, BY_PAYLOAD_TYPE, PCMA, PCMU, ULAW_TO_ALAW, Codec

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

EVERY_BYTE = bytes(range(256))
EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


@pytest.mark.parametrize(
    ("codec", "decode", "encode"),
    [(PCMA, audioop.alaw2lin, audioop.lin2alaw), (PCMU, audioop.ulaw2lin, audioop.lin2ulaw)],
)
def test_every_byte_and_every_sample_as_the_reference_has_them(codec: Codec, decode, encode) -> None:  # type: ignore[no-untyped-def]
    assert codec.decode(EVERY_BYTE).tobytes() == decode(EVERY_BYTE, 2)
    assert codec.encode(EVERY_SAMPLE) == encode(EVERY_SAMPLE.tobytes(), 2)


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_decoding_and_encoding_again_changes_no_sound(codec: Codec) -> None:
    samples = codec.decode(EVERY_BYTE)
    assert np.array_equal(codec.decode(codec.encode(samples)), samples)


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_silence_is_the_quietest_byte(codec: Codec) -> None:
    assert abs(int(codec.decode(codec.quiet(1))[0])) == np.abs(codec.decode(EVERY_BYTE).astype(int)).min()
    assert len(codec.quiet(160)) == 160


def test_translating_keeps_the_sound_within_a_step() -> None:
    for source, target in ((PCMA, PCMU), (PCMU, PCMA)):
        before = source.decode(EVERY_BYTE).astype(int)
        after = target.decode(source.translate(EVERY_BYTE, target)).astype(int)
        assert np.all(np.abs(after - before) <= np.maximum(16, np.abs(before) / 16))
    assert len(ALAW_TO_ULAW) == len(ULAW_TO_ALAW) == 256


def test_translating_to_itself_copies_nothing() -> None:
    assert PCMA.translate(EVERY_BYTE, PCMA) is EVERY_BYTE


def test_codecs_are_found_by_what_signalling_calls_them() -> None:
    assert (BY_NAME["PCMA"], BY_PAYLOAD_TYPE[0]) == (PCMA, PCMU)
