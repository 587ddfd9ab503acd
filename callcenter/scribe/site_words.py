"""The words of this site: the lexicon that ships, its own file, and what its desks are called."""

from __future__ import annotations

from pathlib import Path

from callcenter.settings import Settings
from transcripts.lexicon import Lexicon, load_lexicon
from transcripts.sound import syllables


def site_lexicon(settings: Settings) -> Lexicon:
    """Raises LexiconError where the site's file cannot be used."""
    path = settings.scribe.lexicon
    return load_lexicon(Path(path) if path else None).extended(_desk_names(settings))


def worker_arguments(settings: Settings) -> tuple[str, ...]:
    """What `callcenter.scribe.worker` is told of it; nothing where no second hearing is wanted."""
    if not settings.scribe.second_hearing:
        return ()
    return (settings.scribe.lexicon, *_desk_names(settings))


def _desk_names(settings: Settings) -> list[str]:
    """Names that can be compared by sound."""
    return [desk.name for desk in settings.desks if syllables(desk.name)]
