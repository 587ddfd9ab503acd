"""The tables against the reference values of ITU-T G.711."""

from __future__ import annotations

import numpy as np
import pytest

from prompts.g711 import ALAW_TO_ULAW, ALAW_VALUES, ULAW_VALUES, alaw_to_linear, alaw_to_ulaw, linear_to_alaw


@pytest.mark.parametrize(
    ("code", "value"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xD4, 24), (0x80, 5504)]
)
def test_alaw_octets_have_the_values_of_table_1(code: int, value: int) -> None:
    assert ALAW_VALUES[code] == value


@pytest.mark.parametrize(("code", "value"), [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xFE, 8)])
def test_ulaw_octets_have_the_values_of_table_2(code: int, value: int) -> None:
    assert ULAW_VALUES[code] == value


def test_every_alaw_octet_survives_linear_and_back() -> None:
    every = bytes(range(256))
    assert linear_to_alaw(alaw_to_linear(every)) == every


def test_too_loud_becomes_the_loudest() -> None:
    assert linear_to_alaw(np.array([2.0, -2.0])) == bytes([0xAA, 0x2A])


def test_ulaw_keeps_the_sign_and_the_level() -> None:
    for code, value in enumerate(ALAW_VALUES.astype(int)):
        converted = int(ULAW_VALUES[ALAW_TO_ULAW[code]])
        assert abs(converted - value) <= max(8, abs(value) / 32)


def test_ulaw_is_octet_for_octet() -> None:
    assert alaw_to_ulaw(bytes([0xAA, 0x2A, 0xD5])) == bytes([0x80, 0x00, ALAW_TO_ULAW[0xD5]])
