from __future__ import annotations

import pytest

from transcripts.homophones import stand_in
from transcripts.sound import cost, syllables


@pytest.mark.parametrize("character", ["逸", "洲", "喂", "栋"])
def test_the_same_sound_and_another_character(character: str) -> None:
    found = stand_in(character, lambda each: True)
    assert found is not None and found != character
    assert cost(syllables(found)[0], syllables(character)[0]) == 0.0


def test_one_that_the_recogniser_knows() -> None:
    assert stand_in("逸", "海易长洲".__contains__) == "易"
    assert stand_in("逸", "海长洲".__contains__) is None


@pytest.mark.parametrize("character", ["A", "１", "。", "\U00020000"])
def test_what_is_no_character_of_ours(character: str) -> None:
    assert stand_in(character, lambda each: False) is None
