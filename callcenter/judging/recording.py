"""What was written down of the call in time, and whether its matter has a ticket (B1).

Both are judged once the time is up: until then `facts.record` is None, and nothing is said.
"""

from __future__ import annotations

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import LimitRule, TicketRule
from callcenter.judging.case import Case
from callcenter.judging.outcome import plain


def record_in_time(rule: LimitRule, case: Case) -> Finding | None:
    """The matter is written down within `limit` seconds of the end, or of the last known of the call."""
    record = case.facts.record
    if not case.facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if record is None:
        return None
    after = record.written_after
    if case.facts.interrupted and (after is None or after > rule.limit):
        return plain(rule, Verdict.UNSURE, Reason(Code.END_UNKNOWN))
    if after is None:
        return plain(rule, Verdict.FAIL, reason(Code.NOT_RECORDED, limit_seconds=rule.limit))
    verdict = Verdict.PASS if after <= rule.limit else Verdict.FAIL
    return plain(rule, verdict, reason(Code.RECORDED_AFTER, seconds=after, limit_seconds=rule.limit))


def ticket_linked(rule: TicketRule, case: Case) -> Finding | None:
    """A matter of one of the rule's kinds has a ticket."""
    facts = case.facts
    if not facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if facts.record is None:
        return None
    if facts.matter is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.MATTER_UNKNOWN))
    if facts.matter not in rule.kinds:
        return plain(rule, Verdict.NOT_APPLICABLE, reason(Code.NO_TICKET_NEEDED, kind=facts.matter))
    if facts.record.tickets:
        why = reason(Code.TICKET_LINKED, kind=facts.matter, count=facts.record.tickets)
        return plain(rule, Verdict.PASS, why)
    return plain(rule, Verdict.FAIL, reason(Code.TICKET_MISSING, kind=facts.matter))
