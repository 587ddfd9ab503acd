"""The pages' words in Chinese and English: the catalogues in `i18n/`, the rules' names from the standards."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from callcenter.standards.wording import words

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
FOLDER = Path(__file__).parent.parent / "i18n"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of a language by its dotted key."""
    with (FOLDER / f"{language}.toml").open("rb") as file:
        own = _flatten(tomllib.load(file))
    return dict(own + _flatten({"rule": words(language)["rule"]}))


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, str(value)))
    return found


def choose(asked: str | None, cookie: str | None) -> Language:
    """The language asked for, else the one chosen before, else Chinese."""
    for wanted in (asked, cookie):
        for language in LANGUAGES:
            if wanted == language:
                return language
    return "zh"


class Words:
    """`t("nav.today")`; `t("rings.count", n=3)` fills the places; `t.name("rule", "x")` is x if unknown."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def name(self, group: str, id: str | None) -> str:
        """The word for an id that comes from data, which may be newer than the catalogue."""
        return self._texts.get(f"{group}.{id}", id or "–")
