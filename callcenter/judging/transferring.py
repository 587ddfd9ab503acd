"""What is said before a transfer, and after one that came to nothing (A3, A4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.standards import PhraseRule
from callcenter.judging.case import Case
from callcenter.judging.facts import BUSY, NO_ANSWER, JudgeFacts, Played, Transfer
from callcenter.judging.hearing import NOTHING, Said
from callcenter.judging.outcome import NO_PHRASE, SILENT, cannot_judge_words, gravest, plain, spanned
from callcenter.judging.phrases import after_the_caller_spoke, heard_phrase

WINDOW = 10.0
"""Seconds before a transfer (after a failed one), where the rule does not say how many."""
LATE = 1.0
"""Seconds by which a word's time may lie behind that of the signalling."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Of which result of a transfer the caller is told, and the announcements that tell it."""

    result: str
    prompts: tuple[str, ...]


NOTICES: Final[Mapping[str, Notice]] = {
    "busy_notice": Notice(BUSY, ("busy", "busy-to-desk")),
    "no_answer_notice": Notice(NO_ANSWER, ("no-answer", "no-answer-to-desk")),
}


def wait_before_transfer(rule: PhraseRule, case: Case) -> Finding:
    """「请稍候」 before each transfer."""
    if case.facts.answered and not case.facts.transfers:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_TRANSFER))
    if early := cannot_judge_words(rule, case):
        return early
    return gravest([_before(rule, case, transfer) for transfer in case.facts.transfers])


def _before(rule: PhraseRule, case: Case, transfer: Transfer) -> Finding:
    assert case.agent is not None
    if not case.agent.words:
        return plain(rule, Verdict.FAIL, Reason(SILENT.ended))
    start, end = _lead(rule, case, transfer)
    found = case.agent.best(rule.phrases, start, end, rule.others)
    return heard_phrase(rule, case, found, (start, end)) or plain(rule, Verdict.FAIL, Reason(NO_PHRASE.ended))


def _lead(rule: PhraseRule, case: Case, transfer: Transfer) -> tuple[float, float]:
    """Where the phrase is looked for, once the caller spoke: before the transfer, else (its time is unknown)
    in the agent's last words, or anywhere, where they went on after it."""
    assert case.agent is not None
    window = WINDOW if rule.window is None else rule.window
    spoken = after_the_caller_spoke(case)
    if transfer.at is not None:
        return max(transfer.at - window, spoken), transfer.at + LATE
    if case.facts.returned:
        return spoken, inf
    return max(case.agent.words[-1].end - window, spoken), inf


def failed_notice(rule: PhraseRule, case: Case) -> Finding:
    """`busy_notice`, `no_answer_notice`: the caller hears why they were not connected, from a human or a
    prompt. An agent who tells it without a transfer on record (they asked by another call) has told it."""
    notice = NOTICES[rule.id]
    if early := _nothing_failed(rule, case, notice):
        return early
    failed = [each for each in case.facts.transfers if each.result == notice.result]
    if not failed:
        return _told(rule, case, 0.0) or _unknown(rule, case.facts)
    found = [
        _played(rule, case, notice, each) or _told_to(rule, case, each) or _untold(rule, case)
        for each in failed
    ]
    return gravest(found)


def _nothing_failed(rule: PhraseRule, case: Case, notice: Notice) -> Finding | None:
    facts = case.facts
    if not facts.answered:
        return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NOT_ANSWERED))
    if case.agent is None and not any(each.result == notice.result for each in facts.transfers):
        return _unknown(rule, facts)
    return None


def _unknown(rule: PhraseRule, facts: JudgeFacts) -> Finding:
    """Of a call that came back nobody knows why, unless its transfer's result is on record."""
    unknown = next((each for each in facts.transfers if each.result is None), None)
    if facts.returned and unknown is not None:
        return plain(rule, Verdict.UNSURE, reason(Code.TRANSFER_RESULT_UNKNOWN, target=unknown.target))
    return plain(rule, Verdict.NOT_APPLICABLE, Reason(Code.NO_FAILED_TRANSFER))


def _played(rule: PhraseRule, case: Case, notice: Notice, transfer: Transfer) -> Finding | None:
    played = next((each for each in case.facts.prompts if _tells(each, notice, transfer)), None)
    if played is None:
        return None
    why = reason(Code.PROMPT_PLAYED, prompt=played.prompt)
    return spanned(rule, Verdict.PASS, (played.start, played.end), why)


def _tells(played: Played, notice: Notice, transfer: Transfer) -> bool:
    return played.prompt in notice.prompts and played.start >= (transfer.at or 0.0)


def _told(rule: PhraseRule, case: Case, start: float) -> Finding | None:
    found = case.agent.best(rule.phrases, start, inf, rule.others) if case.agent else NOTHING
    return heard_phrase(rule, case, found, (start, inf)) if found.said is Said.YES else None


def _told_to(rule: PhraseRule, case: Case, transfer: Transfer) -> Finding | None:
    """Something failed, so that half a notice, or perhaps one, is for a person to hear."""
    if case.agent is None:
        return None
    since = transfer.at or 0.0
    found = case.agent.best(rule.phrases, since, inf, rule.others)
    return heard_phrase(rule, case, found, (since, inf))


def _untold(rule: PhraseRule, case: Case) -> Finding:
    if case.agent is None:
        return plain(rule, Verdict.UNSURE, Reason(Code.NO_RECORDING))
    return plain(rule, Verdict.FAIL, Reason(NO_PHRASE.ended))
