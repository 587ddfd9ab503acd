"""The prompts of all languages together: what one of them lacks is said in the first (zh-CN).

`reload` puts new catalogues in place of the old ones at once; a clip that is being played is a value of its
own and plays on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path

from prompts.catalogue import CATALOGUE, AudioClip, Catalogue, UnknownPrompt, load_catalogue
from prompts.schema import CatalogueError, read_entries
from prompts.site import NAME, site_folder, site_languages

Stamp = tuple[tuple[str, int], ...]
"""When the site's catalogues were written, by language (ns)."""


class Catalogues:
    """Every language's prompts. `clip` and `compose` without a language mean the first."""

    def __init__(self, path: Path, site: Path | None) -> None:
        self._path = path
        self._site = site
        self._stamp, self._catalogues = self._load()

    @property
    def languages(self) -> tuple[str, ...]:
        """Their codes; the first lacks nothing."""
        return tuple(self._catalogues)

    @property
    def first(self) -> Catalogue:
        """The catalogue that the others fall back on."""
        return next(iter(self._catalogues.values()))

    def in_language(self, code: str) -> Catalogue:
        """The prompts of one language, without what it takes from the first. Raises `UnknownPrompt`."""
        if code not in self._catalogues:
            raise UnknownPrompt(f"no prompts in {code!r}; there are {', '.join(self._catalogues)}")
        return self._catalogues[code]

    @property
    def ids(self) -> frozenset[str]:
        """All that can be played whatever the caller's language."""
        return self.first.ids

    @property
    def whole(self) -> frozenset[str]:
        """Those that can be played as they are: they have no variables."""
        return self.ids - set(self.first.composed)

    def clip(self, prompt_id: str, language: str = "") -> AudioClip:
        """A prompt without variables, or a tone. Raises `UnknownPrompt`."""
        return self._having(prompt_id, language).clip(prompt_id)

    def compose(self, prompt_id: str, /, *, language: str = "", **values: str | int | time) -> AudioClip:
        """As `Catalogue.compose`. Raises `UnknownPrompt`, and `TypeError` for values that do not fit."""
        return self._having(prompt_id, language).compose(prompt_id, **values)

    def say_number(self, number: int, language: str = "") -> AudioClip:
        """0…9999. Raises `UnknownPrompt`."""
        return self._counting(language).say_number(number)

    def say_digits(self, digits: str, language: str = "") -> AudioClip:
        """A telephone number digit by digit. Raises `UnknownPrompt`."""
        return self._counting(language).say_digits(digits)

    def say_time(self, at: time, language: str = "") -> AudioClip:
        """A time of day to the minute."""
        return self._counting(language).say_time(at)

    def require(self, ids: Iterable[str], wanted_by: str = "") -> None:
        """Raises `CatalogueError` naming every id that cannot be played, and what to do."""
        self.first.require(ids, wanted_by)

    def changed(self) -> bool:
        """Whether the site's prompts are others than those loaded. Reads a few file times."""
        return self._seen() != self._stamp

    def reload(self) -> None:
        """Reads everything again and swaps it in at once. On `CatalogueError` the old ones stay.

        They are then taken as seen, so that a fault is told once and not at each look.
        """
        stamp = self._seen()
        try:
            self._stamp, self._catalogues = self._load()
        except CatalogueError:
            self._stamp = stamp
            raise

    def _load(self) -> tuple[Stamp, Mapping[str, Catalogue]]:
        stamp = self._seen()
        shipped = [language.code for language in read_entries(self._path).language]
        own = site_languages(self._site) if self._site else []
        codes = [*shipped, *(code for code in own if code not in shipped)]
        return stamp, {code: load_catalogue(self._path, code, self._folder(code)) for code in codes}

    def _folder(self, code: str) -> Path | None:
        return site_folder(self._site, code) if self._site else None

    def _seen(self) -> Stamp:
        if self._site is None:
            return ()
        times = []
        for code in site_languages(self._site):
            try:
                times.append((code, (self._site / code / NAME).stat().st_mtime_ns))
            except FileNotFoundError:
                continue
        return tuple(times)

    def _having(self, prompt_id: str, language: str) -> Catalogue:
        """The catalogue of that language, or the first where it lacks the prompt."""
        wanted = self._catalogues.get(language)
        return wanted if wanted is not None and prompt_id in wanted.ids else self.first

    def _counting(self, language: str) -> Catalogue:
        wanted = self._catalogues.get(language)
        return wanted if wanted is not None and wanted.counts else self.first


def load_catalogues(site: Path | None = None, path: Path = CATALOGUE) -> Catalogues:
    """All languages that ship, and the site's own prompts (`<data>/prompts`). Raises `CatalogueError`."""
    return Catalogues(path, site)
