"""A standard as a page that a supervisor understands: what is demanded, in which words, by which clause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from callcenter.domain.rings import limit_seconds
from callcenter.domain.standards import (
    Forbidden,
    OpeningRule,
    PhraseRule,
    PromiseRule,
    Rule,
    Severity,
    Standard,
)
from callcenter.domain.tickets import KIND_IDS
from callcenter.standards.layers import standard_names
from callcenter.standards.loader import load_standard
from callcenter.standards.wording import ASIDE, GROUPS, Language, words


@dataclass(frozen=True, slots=True)
class Words:
    """A list of a rule. `aside`: it is not what is to be said."""

    label: str
    phrases: tuple[str, ...]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A rule. `points` and `grave` are worded; `grave` is empty for one of normal weight."""

    id: str
    title: str
    demand: str
    clause: str
    source: str
    points: str
    grave: str
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`facts` are labels with their values; `notes` how to read the phrases."""

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    groups: tuple[Group, ...]


def explain(standard: Standard, language: Language) -> Page:
    """The page of a standard."""
    return _Explainer(standard, language).page()


class _Explainer:
    def __init__(self, standard: Standard, language: Language) -> None:
        self._standard, self._language = standard, language
        self._words = words(language)
        # How the parts of a table by the kind of matter are worded, by its key.
        self._by_kind: Mapping[str, Callable[[Any], str]] = {
            "wanted": self._items,
            "limits": self._span,
            "workdays": partial(self._say, "workdays"),
        }

    def page(self) -> Page:
        standard, rules = self._standard, {rule.id: rule for rule in self._standard.rules}
        found = (
            Group(self._words["group"][group], tuple(self._item(rules[id]) for id in ids if id in rules))
            for group, ids in GROUPS.items()
        )
        notes = (self._say("marks"), self._say("thresholds", standard.thresholds))
        groups = tuple(group for group in found if group.items)
        return Page(standard.name, standard.title, tuple(self._facts()), notes, groups)

    def _say(self, key: str, *values: Any) -> str:
        return self._words["phrase"][key].format(*values)

    def _facts(self) -> Iterator[tuple[str, str]]:
        standard, cadence, say = self._standard, self._standard.cadence, self._say
        yield say("version"), standard.version
        yield say("digest"), standard.digest
        yield say("rings"), say("rings_value", standard.max_rings, cadence.tone, cadence.pause)
        total = sum(rule.weight for rule in standard.rules)
        yield say("rules"), say("rules_value", len(standard.rules), total)
        if failing := [self._title(rule) for rule in standard.rules if rule.automatic_fail]:
            yield say("automatic_fail"), say("comma").join(failing)

    def _item(self, rule: Rule) -> Item:
        points = self._say("points", rule.weight) if rule.weight else self._say("no_points")
        return Item(
            rule.id,
            self._title(rule),
            self._demand(rule),
            rule.clause,
            source_title(rule.source),
            points,
            self._grave(rule),
            tuple(self._lists(rule)),
        )

    def _title(self, rule: Rule) -> str:
        """As the standard calls it; standards are written in Chinese."""
        return rule.title if self._language == "zh" else self._words["rule"][rule.id]

    def _demand(self, rule: Rule) -> str:
        """What the rule wants, as a sentence with its figures."""
        seconds = limit_seconds(self._standard.max_rings, self._standard.cadence)
        text = self._words["demand"][rule.id]
        place, span = self._place(rule), self._span(getattr(rule, "limit", 0.0))
        return text.format(r=rule, s=self._standard, seconds=seconds, place=place, span=span).strip()

    def _span(self, seconds: float) -> str:
        """In minutes where they are whole ones and several."""
        whole = seconds >= 120 and seconds % 60 == 0
        return self._say("minutes", seconds / 60) if whole else self._say("seconds", seconds)

    def _place(self, rule: Rule) -> str:
        """Where a phrase has to be said; empty for anywhere."""
        if not isinstance(rule, PhraseRule):
            return ""
        for key, text in self._words["place"].items():
            if (value := getattr(rule, key)) is not None:
                return text.format(value)
        window = self._words["window"].get(rule.id)
        return window.format(rule.window) if window and rule.window is not None else ""

    def _grave(self, rule: Rule) -> str:
        told = [] if rule.severity is Severity.NORMAL else [self._words["severity"][rule.severity.value]]
        told += [self._say("automatic_fail")] if rule.automatic_fail else []
        return self._say("comma").join(told)

    def _lists(self, rule: Rule) -> Iterator[Words]:
        for each in fields(rule):
            value, label = getattr(rule, each.name), self._words["label"].get(_list_name(rule, each.name), "")
            if not label or not value or (each.name == "any_name" and _named(rule)):
                continue
            if worded := self._by_kind.get(each.name):
                yield Words(label, tuple(self._of_kind(kind, worded(part)) for kind, part in value.items()))
            elif isinstance(value, Mapping):
                yield from (Words(self._name(item), phrases) for item, phrases in value.items())
            else:
                yield Words(label, tuple(self._phrase(part) for part in value), each.name in ASIDE)

    def _of_kind(self, kind: str, text: str) -> str:
        return f"{self._name(kind)}{self._say('colon')}{text}"

    def _items(self, items: tuple[str, ...]) -> str:
        return self._say("comma").join(self._name(item) for item in items)

    def _phrase(self, part: Any) -> str:
        if not isinstance(part, Forbidden):
            return self._name(part)
        text = f"{part.word}（{self._words['position'][part.where]}）"
        proper = "".join(f"「{phrase}」" for phrase in part.proper)
        return f"{text}{self._say('proper')}{proper}" if proper else text

    def _name(self, id: str) -> str:
        """The name of a kind of matter or an item; any other text as it is."""
        if id in KIND_IDS:
            return KIND_IDS[id].zh if self._language == "zh" else KIND_IDS[id].en
        return self._words["item"].get(id, id)


def _list_name(rule: Rule, key: str) -> str:
    """A promise is no wording that is wanted."""
    return "promised" if isinstance(rule, PromiseRule) and key == "phrases" else key


def _named(rule: Rule) -> bool:
    return isinstance(rule, OpeningRule) and bool(rule.names)


def source_title(source: str) -> str:
    """The title of the standard that a rule comes from, its name where it does not ship."""
    return load_standard(source).title if source in standard_names() else source
