"""What is cut out of a call is gone from its sound and from its facts."""

from __future__ import annotations

import numpy as np

from callcenter.judging.facts import JudgeFacts
from tests.bench.trials import silenced, sooner, spliced

SOUND = (np.arange(80_000, dtype=np.float64), np.ones(80_000))


def test_silence_stands_where_the_phrase_was() -> None:
    agent, caller = silenced(SOUND, 1.0, 2.0)
    assert not agent[8_000:16_000].any() and agent[7_999] and agent[16_000]
    assert caller is SOUND[1]


def test_a_splice_takes_the_time_out_of_both_legs() -> None:
    agent, caller = spliced(SOUND, 1.0, 2.0)
    assert len(agent) == len(caller) == 72_000
    assert (agent[7_999], agent[8_000]) == (7_999, 16_000)


def test_holds_come_sooner_by_what_was_cut_before_them() -> None:
    facts = JudgeFacts(holds=((0.5, 1.5), (4.0, 9.0)))
    assert sooner(facts, 1.0, 2.0).holds == ((0.5, 1.0), (3.0, 8.0))
