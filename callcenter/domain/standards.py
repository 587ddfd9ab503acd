"""A telephone standard as a value: what is wanted, in which words, and the clause each rule comes from.

A rule's id says what kind it is (`KINDS`). Phrases are Chinese text; what stands in 【】 is the core of a
phrase: the syllables without which it is another phrase («请问【还有】什么可以帮到您吗» asks again,
«请问有什么可以帮到您» opens). All times are seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final

from callcenter.domain.rings import CHINA, Cadence


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How well a phrase must fit, as costs between 0 (every sound heard) and 1 (nothing like it).

    Heard freely at `sure` or below: it was said. Above `absent`: it was not. Between the two the narrow pass
    decides: said if it fits there at `spot` or below, else nobody can tell.
    """

    sure: float
    absent: float
    spot: float

    def __post_init__(self) -> None:
        if not all(0 <= each <= 1 for each in (self.sure, self.absent, self.spot)):
            raise ValueError("a cost lies between 0 and 1")
        if self.sure >= self.absent:
            raise ValueError("thresholds.sure must be below thresholds.absent")


_FIGURES = ("limit", "within", "gap", "last", "window", "silence", "overlap", "times", "share")


LEVELS = ("too_loud", "too_soft")
"""Rules whose limit is a level in dBov: 0 is the loudest that there is, speech lies below."""


class Severity(StrEnum):
    """How grave a failure is."""

    MINOR = "minor"
    NORMAL = "normal"
    SERIOUS = "serious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that signalling or the desk's records decide.

    `source` is the standard it comes from, `clause` its words there. `weight` are the points of a scorecard
    that hang on it, 0: it is told and does not count; `automatic_fail`: who fails it fails the whole call.
    """

    id: str
    title: str
    source: str
    clause: str
    weight: float = 1.0
    severity: Severity = Severity.NORMAL
    automatic_fail: bool = False

    def __post_init__(self) -> None:
        level = self.id in LEVELS
        for name in ("weight", *_FIGURES):
            if (getattr(self, name, None) or 0) < 0 and not (level and name == "limit"):
                raise ValueError(f"{name} must not be below 0")
        if level and getattr(self, "limit", 0) > 0:
            raise ValueError("limit is a level in dBov and must not be above 0")

    def listened_for(self) -> Iterator[str]:
        """Every phrase that the narrow pass must know to judge by this rule."""
        return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule(Rule):
    """Something has a limit: seconds, decibels or syllables a second, as the rule's id says."""

    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRule(Rule):
    """A greeting and a name, said first.

    Both begin within `within` seconds of the agent's first word, and at most `gap` seconds lie between them.
    `names` are the company's; where there are none, and the desk has none, a word of `any_name` will do.
    `rivals` are names that are not the company's: a narrow pass needs something else to hear.
    """

    greetings: tuple[str, ...]
    names: tuple[str, ...] = ()
    any_name: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    within: float
    gap: float

    def listened_for(self) -> Iterator[str]:
        yield from (*self.greetings, *self.names, *self.any_name, *self.rivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRule(Rule):
    """One of `phrases` is said.

    `partial` are phrases that are only half of what is wanted; where no more was heard, a person decides.
    `others` are phrases that sound alike and mean something else. Where it has to be said: `within` so many
    seconds of the agent's first word, in the agent's `last` seconds, or `window` seconds before or after
    what the rule's id names (a wait, a transfer, its failure).
    """

    phrases: tuple[str, ...]
    partial: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    within: float | None = None
    last: float | None = None
    window: float | None = None

    def listened_for(self) -> Iterator[str]:
        yield from (*self.phrases, *self.partial, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRule(Rule):
    """A caller waits no longer than `limit` seconds, unless one of `offers` (to call back) was said.

    A wait that no hold in the signalling tells of begins with one of `asks` (「请稍等」) and the silence of
    `silence` seconds or more that follows it.
    """

    limit: float
    silence: float
    asks: tuple[str, ...]
    offers: tuple[str, ...] = ()

    def listened_for(self) -> Iterator[str]:
        yield from (*self.asks, *self.offers)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRule(Rule):
    """What is asked of the caller, unless they say it by themselves: `asks` by the item's name.

    Items are `household`, `surname`, `telephone`, `matter`; `wanted` are the items by the kind of matter
    (`repair`, `complaint`, …).
    """

    asks: Mapping[str, tuple[str, ...]]
    wanted: Mapping[str, tuple[str, ...]]

    def listened_for(self) -> Iterator[str]:
        for phrases in self.asks.values():
            yield from phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRule(Rule):
    """The agent says again what the caller told: the room, the number, and what it is about.

    At least `share` (0 to 1) of the syllables of a key point must be heard again; `confirms` are the words
    that ask whether it is right.
    """

    share: float
    confirms: tuple[str, ...]

    def listened_for(self) -> Iterator[str]:
        yield from self.confirms


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """A word that is not said in place of a proper phrase.

    `where` it is forbidden: `alone` (it is the utterance, but for particles), `begins` (the utterance begins
    with it), `ends`, `anywhere`. `proper` are longer phrases around it that are as they should be.
    """

    word: str
    where: str = "anywhere"
    proper: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.where not in ("alone", "begins", "ends", "anywhere"):
            raise ValueError("where must be alone, begins, ends or anywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenRule(Rule):
    """What the agent never says (A10)."""

    words: tuple[Forbidden, ...]

    def listened_for(self) -> Iterator[str]:
        for each in self.words:
            yield from (each.word, *each.proper)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptRule(Rule):
    """The agent does not speak while the caller does, for longer than `overlap` seconds, more than `times`.

    `listening` are the sounds of somebody who listens (「嗯」「好的」): they are wanted.
    """

    overlap: float
    times: int = 0
    listening: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRule(Rule):
    """A time that the agent promises. `phrases` promise something at a time (「给您答复」)."""

    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedTimeRule(PromiseRule):
    """The longest that may be promised, by the kind of matter (`lookup`, `complaint`, …).

    `limits` are seconds, `workdays` working days after the day of the call, to the end of the last.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    workdays: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRule(Rule):
    """A matter of one of these kinds has a ticket."""

    kinds: tuple[str, ...]


KINDS: Final[Mapping[str, type[Rule]]] = {
    "three_rings": Rule,
    "opening": OpeningRule,
    "offer_help": PhraseRule,
    "info_collected": CollectRule,
    "repeat_back": RepeatRule,
    "ask_to_wait": PhraseRule,
    "apology_after_wait": PhraseRule,
    "wait_limit": WaitRule,
    "wait_before_transfer": PhraseRule,
    "busy_notice": PhraseRule,
    "no_answer_notice": PhraseRule,
    "anything_else": PhraseRule,
    "closing": PhraseRule,
    "caller_hangs_up_first": Rule,
    "forbidden": ForbiddenRule,
    "forced_hangup": LimitRule,
    "interrupting": InterruptRule,
    "too_loud": LimitRule,
    "too_soft": LimitRule,
    "too_fast": LimitRule,
    "long_silence": LimitRule,
    "private_call": LimitRule,
    "hotline_held": LimitRule,
    "promise": PromisedTimeRule,
    "callback_promised": PromiseRule,
    "record_in_time": LimitRule,
    "ticket_linked": TicketRule,
}
"""The rules that there are, in the order in which a call comes to them, and what each is made of."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard. `max_rings`: answered before the next would begin. `rules` stand in the order of KINDS.

    `digest` stands for all that it says (12 hexadecimal digits of SHA-256): a phrase that was changed makes
    another one, also where nobody raised `version`, and so does a desk's override.
    """

    name: str
    title: str
    version: str
    max_rings: int
    thresholds: Thresholds
    rules: tuple[Rule, ...]
    cadence: Cadence = field(default=CHINA)
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _digest(self))

    @property
    def edition(self) -> str:
        """Version and digest together, as they stand beside a finding: `1.2+0f3a9c51d2e7`."""
        return f"{self.version}+{self.digest}"

    def rule(self, id: str) -> Rule | None:
        """The rule of that id, None where this standard has none."""
        return next((rule for rule in self.rules if rule.id == id), None)


def _digest(standard: Standard) -> str:
    said = {each.name: getattr(standard, each.name) for each in fields(standard) if each.name != "digest"}
    text = json.dumps({key: _plain(value) for key, value in said.items()}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    """As JSON types. What has its default is left out: a key that a later release adds changes no digest."""
    if is_dataclass(value) and not isinstance(value, type):
        held = {each.name: getattr(value, each.name) for each in fields(value) if _is_said(value, each)}
        return {name: _plain(part) for name, part in held.items()}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def _is_said(value: Any, each: Field[Any]) -> bool:
    default = each.default_factory() if each.default_factory is not MISSING else each.default
    return bool(getattr(value, each.name) != default)
