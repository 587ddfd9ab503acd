"""What is no mistake in a standard, and is probably not meant all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import combinations
from typing import Any

from callcenter.domain.standards import CollectRule, OpeningRule, PhraseRule, Rule, Standard
from callcenter.standards.meaning import MATTERS
from callcenter.standards.wording import words
from transcripts.sound import syllables

SHORT = 2
"""A phrase of so few syllables is found in much that means something else."""
FULL_MARKS = 100.0


def remarks(standard: Standard) -> list[str]:
    """What `callcenter standard check` points out: each names its rule and key."""
    found = [remark for rule in standard.rules for remark in _of_rule(rule)]
    if not any(rule.weight for rule in standard.rules):
        found.append("rule: no rule has a weight: every call scores nothing")
    return found


def _of_rule(rule: Rule) -> Iterator[str]:
    yield from _told_twice(rule)
    if isinstance(rule, PhraseRule):
        yield from _phrases(rule)
    if isinstance(rule, OpeningRule):
        for name in sorted(set(rule.names) & set(rule.rivals)):
            yield f"rule.{rule.id}: {name!r} is in names and in rivals: it counts as a name"
    if isinstance(rule, CollectRule):
        yield from _items(rule)
    if rule.automatic_fail and not rule.weight:
        yield f"rule.{rule.id}: automatic_fail without a weight: whoever fails it fails the call"


def _phrases(rule: PhraseRule) -> Iterator[str]:
    for phrase in rule.phrases:
        if len(syllables(phrase)) <= SHORT:
            yield f"rule.{rule.id}.phrases: {phrase!r} is so short that much else sounds like it"
    if rule.window is not None and rule.id not in words("en")["window"]:
        yield f"rule.{rule.id}.window: is not looked at in this rule"


def _items(rule: CollectRule) -> Iterator[str]:
    for kind, items in rule.wanted.items():
        for item in sorted(set(items) - set(rule.asks)):
            yield f"rule.{rule.id}.wanted.{kind}: nothing in asks asks for {item!r}"
    if not set(rule.wanted) & set(MATTERS):
        yield f"rule.{rule.id}.wanted: nothing is wanted of any matter"


def _told_twice(rule: Rule) -> Iterator[str]:
    """Phrases of one list that sound the same: one would do."""
    for each in fields(rule):
        value: Any = getattr(rule, each.name)
        if not isinstance(value, tuple) or not all(isinstance(part, str) for part in value):
            continue
        if each.name in ("kinds", "any_name"):
            continue
        for one, other in combinations(value, 2):
            if syllables(one) == syllables(other):
                yield f"rule.{rule.id}.{each.name}: {one!r} and {other!r} sound the same: one will do"
