"""A telephone standard as a value: what is wanted, in which words, and the clause each rule comes from.

Phrases are Chinese text. What stands in 【】 is the core of a phrase: the syllables without which it is
another phrase («请问【还有】什么可以帮到您吗» asks again, «请问有什么可以帮到您» opens).
"""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that signalling decides. `source` is the standard it comes from, `clause` its words there."""

    id: str
    title: str
    source: str
    clause: str


@dataclass(frozen=True, slots=True)
class LengthRule(Rule):
    """A call lasts at most `limit` seconds from its answer, holds included."""

    limit: float


@dataclass(frozen=True, slots=True)
class OpeningRule(Rule):
    """A greeting and a name, said first.

    Both begin within `within` seconds of the agent's first word, and at most `gap` seconds lie between them.
    `names` are the company's; where there are none, and the desk has none, a word of `any_name` will do.
    `rivals` are names that are not the company's: a narrow pass needs something else to hear.
    """

    greetings: tuple[str, ...]
    names: tuple[str, ...]
    any_name: tuple[str, ...]
    rivals: tuple[str, ...]
    within: float
    gap: float


@dataclass(frozen=True, slots=True)
class PhraseRule(Rule):
    """One of `phrases` is said after the caller has spoken, in the agent's last `last` seconds if given.

    `partial` are phrases that are only half of what is wanted; where no more was heard, a person decides.
    `others` are phrases that sound alike and mean something else.
    """

    phrases: tuple[str, ...]
    partial: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    last: float | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard; a rule that it does not have is None. `max_rings`: answered before the next would begin."""

    name: str
    title: str
    version: str
    max_rings: int
    thresholds: Thresholds
    cadence: Cadence = field(default=CHINA)
    three_rings: Rule | None = None
    opening: OpeningRule | None = None
    anything_else: PhraseRule | None = None
    closing: PhraseRule | None = None
    caller_hangs_up_first: Rule | None = None
    hotline_held: LengthRule | None = None
    private_call: LengthRule | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules it has, in the order in which a call comes to them."""
        every = (
            self.three_rings,
            self.opening,
            self.anything_else,
            self.closing,
            self.caller_hangs_up_first,
            self.hotline_held,
            self.private_call,
        )
        return tuple(rule for rule in every if rule is not None)
