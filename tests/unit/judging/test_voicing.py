from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.domain.reasons import Code
from callcenter.judging.facts import JudgeFacts
from tests.unit.judging.every_rule import found
from transcripts.recogniser import Word
from transcripts.voice import Voice

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE
WORDS = [Word("您好", 0.5, 1.0, 1.0)]


@pytest.mark.parametrize(
    ("level", "loud", "soft"),
    [
        (-25.0, PASS, PASS),
        (-10.0, PASS, PASS),
        (-9.5, UNSURE, PASS),
        (-8.0, FAIL, PASS),
        (-36.5, PASS, UNSURE),
        (-40.0, PASS, FAIL),
        (None, NOT, NOT),
    ],
)
def test_levels(level: float | None, loud: Verdict, soft: Verdict) -> None:
    voices = Voice((), level), None
    assert found("too_loud", WORDS, voices=voices).verdict is loud
    finding = found("too_soft", WORDS, voices=voices)
    assert finding.verdict is soft
    if level is not None:
        assert f"{level:.1f} dBov" in finding.why and "-36.0 dBov" in finding.why


def test_what_was_not_measured() -> None:
    finding = found("too_loud", WORDS)
    assert finding.verdict is UNSURE and finding.reason and finding.reason.code is Code.NOT_MEASURED
    assert found("too_loud", None).verdict is UNSURE
    assert found("too_soft", WORDS, facts=JudgeFacts(answered=False)).verdict is NOT


def speech(rate: float, pause: float = 0.0) -> list[Word]:
    """Forty syllables, `rate` a second, with a pause in the middle."""
    starts = [number / rate + (pause if number >= 20 else 0.0) for number in range(40)]
    return [Word("好", start, start + 1 / rate, 1.0) for start in starts]


@pytest.mark.parametrize(("rate", "verdict"), [(5.0, PASS), (7.4, PASS), (7.6, UNSURE), (8.0, FAIL)])
@pytest.mark.parametrize("pause", [0.0, 8.0])
def test_too_fast(rate: float, verdict: Verdict, pause: float) -> None:
    finding = found("too_fast", speech(rate, pause))
    assert finding.verdict is verdict
    assert f"{rate:.1f} syllables a second" in finding.why


def test_a_few_words_have_no_rate() -> None:
    finding = found("too_fast", speech(9.0)[:10])
    assert (finding.verdict, finding.why) == (NOT, "the agent spoke only 10 syllables, too few to tell")
    assert found("too_fast", None).verdict is UNSURE
