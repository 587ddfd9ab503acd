"""Why a finding says what it says: a code with its facts, worded in Chinese and in English.

The code and the facts are what is kept; the sentence is made where it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Any

from callcenter.domain.reason_texts import NAMES, TEMPLATES, UNITS, Code, Language

__all__ = ["TEMPLATES", "Code", "Language", "Reason", "fields", "kept_reason", "reason"]


@cache
def fields(template: str) -> frozenset[str]:
    """The names of the places in a template."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and its facts: text, whole numbers, seconds (`within`, `at_most`: told in hours and minutes), or
    ids (`kind`, a list of `items`) that have names in each language. Raises ValueError where they do not fit.
    """

    code: Code
    args: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = fields(TEMPLATES[self.code]["en"])
        if wanted != set(self.args):
            raise ValueError(f"reason {self.code} takes {sorted(wanted)}, not {sorted(self.args)}")

    def text(self, language: Language) -> str:
        """One sentence without a full stop."""
        named = {name: _named(name, value, language) for name, value in self.args.items()}
        return TEMPLATES[self.code][language].format(**named)


def _named(name: str, value: Any, language: Language) -> Any:
    match name:
        case "items":
            return ("、" if language == "zh" else ", ").join(_name(each, language) for each in value)
        case "kind":
            return _name(value, language)
        case "within" | "at_most":
            return _span(value, language)
        case "due":
            return str(value)[:16].replace("T", " ")  # people are where the offset is
        case _:
            return value


def _span(seconds: int, language: Language) -> str:
    """7200 as 「2 小时」 or «2 h»; days, hours and minutes."""
    minutes = seconds // 60
    parts = (
        (minutes // 1440, UNITS["days"]),
        (minutes // 60 % 24, UNITS["hours"]),
        (minutes % 60, UNITS["minutes"]),
    )
    told = [f"{count} {unit[language]}" for count, unit in parts if count]
    return " ".join(told) or f"0 {UNITS['minutes'][language]}"


def _name(id: str, language: Language) -> str:
    return NAMES[id][language] if id in NAMES else id


def reason(code: Code, **args: Any) -> Reason:
    """`reason(Code.TOO_SHORT, seconds=1.2)`"""
    return Reason(code, args)


def kept_reason(code: str | None, args: Mapping[str, Any] | None) -> Reason | None:
    """The reason as a database holds it; None where it holds none, or one of a later version."""
    if code is None or code not in set(Code):
        return None
    return Reason(Code(code), args or {})
