from __future__ import annotations

import numpy as np

from transcripts.sound import cost, syllables
from transcripts.sound_costs import PADDING, cost_table, numbers_of, padded


def test_a_table_holds_the_cost_of_each_pair() -> None:
    wanted, heard = syllables("您好"), syllables("你早")
    table = cost_table(padded([numbers_of(wanted)]), numbers_of(heard))
    assert table.shape == (1, 2, 2)
    assert table.tolist() == [[[cost(one, other) for other in heard] for one in wanted]]


def test_shorter_phrases_are_filled_up_with_what_costs_nothing() -> None:
    phrases = padded([numbers_of(syllables("您好")), numbers_of(syllables("再见了"))])
    assert phrases.shape == (2, 3)
    assert phrases[0, 2] == PADDING
    assert np.all(cost_table(phrases, numbers_of(syllables("物业")))[0, 2] == 0.0)


def test_a_syllable_keeps_its_number() -> None:
    assert numbers_of(syllables("物业")).tolist() == numbers_of(syllables("误叶")).tolist()
    assert len(set(numbers_of(syllables("您好万科")).tolist())) == 4
