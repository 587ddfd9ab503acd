from __future__ import annotations

import pytest

from callcenter.domain.findings import Verdict
from callcenter.judging.facts import JudgeFacts, RecordFacts
from tests.judged import judged
from tests.unit.judging.every_rule import found, only

PASS, FAIL, UNSURE, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("after", "verdict", "why"),
    [
        (0.0, PASS, "the matter was written 0 s after the call; the limit is 300 s"),
        (300.0, PASS, "the matter was written 300 s after the call; the limit is 300 s"),
        (301.0, FAIL, "the matter was written 301 s after the call; the limit is 300 s"),
        (None, FAIL, "the matter was not written down within 300 s of the call"),
    ],
)
def test_record_in_time(after: float | None, verdict: Verdict, why: str) -> None:
    finding = found("record_in_time", None, facts=JudgeFacts(record=RecordFacts(after)))
    assert (finding.verdict, finding.why) == (verdict, why)


@pytest.mark.parametrize(("after", "verdict"), [(300.0, PASS), (301.0, UNSURE), (None, UNSURE)])
def test_of_an_interrupted_call_nobody_knows_the_end(after: float | None, verdict: Verdict) -> None:
    facts = JudgeFacts(record=RecordFacts(after), interrupted=True)
    assert found("record_in_time", None, facts=facts).verdict is verdict


@pytest.mark.parametrize(
    ("matter", "tickets", "verdict"),
    [
        ("repair", 1, PASS),
        ("repair", 0, FAIL),
        ("enquiry", 0, NOT),
        (None, 0, UNSURE),
    ],
)
def test_ticket_linked(matter: str | None, tickets: int, verdict: Verdict) -> None:
    facts = JudgeFacts(matter=matter, record=RecordFacts(1.0, tickets))
    assert found("ticket_linked", None, facts=facts).verdict is verdict


@pytest.mark.parametrize("rule", ["record_in_time", "ticket_linked"])
def test_before_its_time_is_up_nothing_is_said_of_it(rule: str) -> None:
    assert judged(only(rule), JudgeFacts(), None, None) == []
    assert found(rule, None, facts=JudgeFacts(answered=False)).verdict is NOT
