"""On what a set of verdicts rests, by rule: what a changed standard leaves as it is need not be judged again.

A finding follows from its rule, from what else its judge reads of the standard (`READS`), from the code, and
from what is known of the call. Of the first three there is a fingerprint for each rule; the last is one for
the whole call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from callcenter.domain.standards import Rule, Severity, Standard
from callcenter.judging.code import code_digest
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.reads import READS


@dataclass(frozen=True, slots=True)
class Basis:
    """`rules`: a fingerprint by the id of every rule of a standard; `digest` stands for all of them."""

    digest: str
    rules: Mapping[str, str]

    def standing(self, before: Mapping[str, str]) -> frozenset[str]:
        """The rules whose findings stand, where the call's set before rests on `before`."""
        return frozenset(rule for rule, mark in self.rules.items() if before.get(rule) == mark)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a whole set rests on; `inputs` stands for what was known of its call."""

    basis: Basis
    inputs: str


_MADE: Final[dict[tuple[str, tuple[str, ...]], Basis]] = {}
"""One for each standard and names that a process judges by: as many as there are desks."""


def basis_of(standard: Standard, names: Sequence[str] = ()) -> Basis:
    """The basis of what is found by this standard, with a desk's own names, and by this code."""
    key = standard.digest, tuple(names)
    if key not in _MADE:
        rules = {rule.id: _fingerprint(rule, standard, names) for rule in standard.rules}
        _MADE[key] = Basis(_digest(rules), rules)
    return _MADE[key]


def inputs_of(facts: JudgeFacts, heard: Mapping[str, float]) -> str:
    """Stands for what is known of a call: its facts, and how many seconds were heard, by recording."""
    return _digest(facts, sorted(heard.items()))


def _fingerprint(rule: Rule, standard: Standard, names: Sequence[str]) -> str:
    reads = READS[rule.id]
    parts = [(id, _parts(standard.rule(id), wanted)) for id, wanted in sorted(reads.parts.items())]
    whole = [getattr(standard, name) for name in reads.whole]
    return _digest(code_digest(), _as_judged(rule), parts, whole, tuple(names) if reads.names else ())


def _as_judged(rule: Rule) -> Rule:
    """Without what no finding depends on."""
    return replace(rule, title="", weight=1.0, severity=Severity.NORMAL, automatic_fail=False)


def _parts(rule: Rule | None, wanted: Sequence[str]) -> list[Any]:
    return [getattr(rule, name, None) for name in wanted]


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
