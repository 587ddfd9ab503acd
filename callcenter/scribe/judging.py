"""A call judged by a standard: pure, so that stored calls can be judged again when a standard changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from callcenter.domain.findings import Finding
from callcenter.domain.standards import OpeningRule, PhraseRule, Standard
from callcenter.scribe import rules
from callcenter.scribe.facts import JudgeFacts
from callcenter.scribe.hearing import Hearing
from transcripts.recogniser import Word


def judge(
    standard: Standard,
    facts: JudgeFacts,
    agent: Sequence[Word] | None,
    caller: Sequence[Word],
    names: Sequence[str] = (),
    duration: float = 0.0,
    spotted: Sequence[Word] | None = None,
) -> list[Finding]:
    """One finding for each rule of `standard` that is judged; A11's only where the signalling is known.

    `agent` and `caller` are the words heard, in seconds of call time; `agent` is None where there is no
    recording of the agent. `spotted` is what the narrow pass (`spot_phrases`) heard of the agent. `names` are
    the desk's own, beside the company's; `duration` is the length of the conversation in seconds.
    """
    hearing = None if agent is None else Hearing(agent, standard.thresholds, spotted)
    end = max([duration, *(word.end for word in (agent or ())[-1:])])
    case = rules.Case(standard, facts, hearing, caller, tuple(names), end)
    found: list[Finding] = []
    if standard.three_rings:
        found.append(rules.three_rings(standard.three_rings, case))
    if standard.opening:
        found.append(rules.opening(standard.opening, case))
    if standard.anything_else:
        found.append(rules.anything_else(standard.anything_else, case))
    if standard.closing:
        found.append(rules.closing(standard.closing, case))
    if standard.caller_hangs_up_first:
        found.append(rules.caller_hangs_up_first(standard.caller_hangs_up_first, case))
    return [*found, *_lengths(case)]


def _lengths(case: rules.Case) -> list[Finding]:
    """How long lines were held: of calls that the switchboard had, for nothing else tells it."""
    standard, found = case.standard, []
    if case.facts.seconds is not None and standard.hotline_held:
        found.append(rules.hotline_held(standard.hotline_held, case))
    if case.facts.seconds is not None and standard.private_call:
        found.append(rules.private_call(standard.private_call, case))
    return found


def spot_phrases(standard: Standard, names: Sequence[str] = ()) -> list[str]:
    """The phrases for the narrow pass, without marks: all that are wanted, and what sounds like them."""
    phrases: list[str] = list(names)
    for rule in standard.rules:
        if isinstance(rule, OpeningRule):
            phrases += [*rule.greetings, *rule.names, *rule.any_name, *rule.rivals]
        elif isinstance(rule, PhraseRule):
            phrases += [*rule.phrases, *rule.partial, *rule.others]
    return list(dict.fromkeys(_plain(phrases)))


def _plain(phrases: Iterable[str]) -> Iterable[str]:
    return ("".join(c for c in phrase if "\u4e00" <= c <= "\u9fff") for phrase in phrases)
