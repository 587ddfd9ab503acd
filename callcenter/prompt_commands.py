"""`callcenter prompts …`: what callers hear, and a site's own recordings in its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from callcenter.settings import Settings
from prompts.catalogue import Catalogue, load_catalogue
from prompts.languages import load_catalogues
from prompts.site import add_prompt, checked_prompt, remove_prompt, site_folder, site_prompts
from prompts.upload import Prepared, keep
from prompts.voice import Voice, speak
from prompts.wav import write_alaw


def listed(settings: Settings, language: str = "") -> Table:
    """Every prompt with its words: those that ship, and the site's own. Raises `CatalogueError`."""
    table = Table("提示音 prompt", "语言 language", "来源 from", "秒 s", "内容 text")
    catalogues = load_catalogues(settings.prompts)
    for code in [language] if language else catalogues.languages:
        own = {one.id for one in site_prompts(site_folder(settings.prompts, code))}
        for prompt_id, seconds, text in _rows(catalogues.in_language(code)):
            origin = "本单位 site" if prompt_id in own else "自带 shipped"
            table.add_row(prompt_id, code, origin, seconds, text)
    return table


def _rows(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    for prompt_id in sorted(catalogue.ids):
        shipped = catalogue.prompts.get(prompt_id)
        if prompt_id in catalogue.composed:
            yield prompt_id, "", shipped.text(catalogue.language) if shipped else ""
        else:
            clip = catalogue.clip(prompt_id)
            yield prompt_id, f"{clip.seconds:.1f}", clip.text


def add(settings: Settings, prompt_id: str, file: Path, text: str, language: str) -> Prepared:
    """Keeps a sound file of any format as a prompt. Raises `CatalogueError`; `OSError` where it is absent."""
    now = datetime.now(UTC)
    return keep(settings.prompts, language, prompt_id, file.read_bytes(), str(file), text, now)


def remove(settings: Settings, prompt_id: str, language: str) -> str:
    """Forgets a prompt of the site; says what is heard from now on. Raises `CatalogueError`."""
    remove_prompt(settings.prompts, language, prompt_id)
    shipped = prompt_id in load_catalogue(language=language).ids
    return "the shipped one is heard again" if shipped else "no prompt has this id any more"


def say(
    settings: Settings, words: str, voice: Voice, prompt_id: str, output: Path | None, language: str
) -> list[Path]:
    """Speaks the words into a prompt of the site, a file, or both; gives them. Raises `CatalogueError`."""
    entry = checked_prompt(prompt_id, words, voice.name, datetime.now(UTC)) if prompt_id else None
    alaw = speak(words, voice)
    made = []
    if output is not None:
        write_alaw(output, alaw)
        made.append(output)
    if entry is not None:
        made.append(add_prompt(settings.prompts, language, entry, alaw))
    return made
