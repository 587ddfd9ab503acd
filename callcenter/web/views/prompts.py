"""The prompts of one language as the page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prompts.languages import Catalogues
from prompts.site import site_folder, site_prompts


@dataclass(frozen=True, slots=True)
class PromptRow:
    """`seconds` is None for one that is composed of parts. `own`: the site's, not the shipped one."""

    id: str
    text: str
    seconds: float | None
    own: bool


def rows_of(catalogues: Catalogues, site: Path, language: str) -> list[PromptRow]:
    """Every prompt, by its id. Raises `UnknownPrompt` for a language that there is none of."""
    catalogue = catalogues.in_language(language)
    own = {each.id for each in site_prompts(site_folder(site, language))}
    rows = []
    for id in sorted(catalogue.ids):
        shipped = catalogue.prompts.get(id)
        if id in catalogue.composed:
            rows.append(PromptRow(id, shipped.text(language) if shipped else "", None, id in own))
        else:
            clip = catalogue.clip(id)
            rows.append(PromptRow(id, clip.text, clip.seconds, id in own))
    return rows
