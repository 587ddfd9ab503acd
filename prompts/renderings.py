"""What has to be spoken for a catalogue: whole sentences, and which pieces of each are kept as files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prompts.carriers import Carrier, carriers, counted, in_lists
from prompts.schema import VARIABLE, Entries, Prompt

_SAMPLES = {
    "number": {"zh-CN": "八", "en": "eight"},
    "digits": {"zh-CN": "八零六", "en": "eight zero six"},
    "time": {"zh-CN": "上午八点", "en": "eight a m"},
}
"""What stands for a number while the sentence around it is spoken."""


UNIT = "unit"
"""The key of what is counted, without a number."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One sentence, in segments; a segment's stem names its file without `.wav`, "" is not kept."""

    segments: tuple[str, ...]
    stems: tuple[str, ...]
    voice: str
    speed: float

    def kept(self) -> Iterator[tuple[str, str]]:
        """Name and words of each file."""
        return ((stem, text) for stem, text in zip(self.stems, self.segments, strict=True) if stem)


def renderings(entries: Entries, language: str, only: str = "") -> list[Rendering]:
    """All sentences of a language, or those of one prompt; `only="numbers"`: those of the numbers.

    Raises `CatalogueError` for a language that the catalogue does not have.
    """
    wanted = [prompt for prompt in entries.spoken(language) if only in ("", prompt.id)]
    found = [one for prompt in wanted for one in _of_prompt(entries, prompt, language)]
    return found + (_numbers(entries, language) if only in ("", "numbers") else [])


def part_stem(prompt: Prompt, number: int, key: str) -> str:
    """The name of a part's audio file: `long-distance.2.shanghai`, `long-distance.1`."""
    return f"{prompt.id}.{number}" + (f".{key}" if key else "")


def _numbers(entries: Entries, language: str) -> list[Rendering]:
    spoken = entries.language_named(language)
    return [Rendering(*carrier, spoken.voice, spoken.speed) for carrier in carriers(language)]


def _of_prompt(entries: Entries, prompt: Prompt, language: str) -> Iterator[Rendering]:
    """One sentence, or one for each value of its words; what does not change is kept from the first."""
    spoken = entries.language_named(language)
    voice, speed = prompt.voice or spoken.voice, prompt.speed or spoken.speed
    parts = prompt.pieces(language)
    if not parts:
        yield Rendering((prompt.text(language),), (prompt.id,), voice, speed)
        return
    for at, value in enumerate(_values(entries, parts)):
        pieces = [
            _piece(entries, prompt, language, number, value, at == 0) for number in range(1, len(parts) + 1)
        ]
        yield Rendering(tuple(said for said, _ in pieces), tuple(stem for _, stem in pieces), voice, speed)
    for number, part in enumerate(parts, start=1):
        for carrier in _with_units(entries, prompt, number, part):
            yield Rendering(*carrier, voice, speed)


def _values(entries: Entries, parts: tuple[str, ...]) -> list[tuple[str, str]]:
    names = [name for part in parts for name in VARIABLE.findall(part)]
    values = [pair for name in names for pair in entries.variable_named(name).values.items()]
    return values or [("", "")]


def _with_units(entries: Entries, prompt: Prompt, number: int, part: str) -> list[Carrier]:
    """The numbers of a part that names what it counts, 一位 to 九十九位, and the unit alone."""
    match = VARIABLE.search(part)
    if match is None or match[0] == part or entries.variable_named(match[1]).kind != "number":
        return []
    unit = part.replace(match[0], "").rstrip("，,")
    most = entries.variable_named(match[1]).most
    words = {part_stem(prompt, number, str(count)): counted(count) + unit for count in range(1, most + 1)}
    words[part_stem(prompt, number, UNIT)] = unit
    return in_lists(prompt.parts[0], words, prompt.parts[-1])


def _piece(
    entries: Entries, prompt: Prompt, language: str, number: int, value: tuple[str, str], first: bool
) -> tuple[str, str]:
    """What is spoken for part `number`, and the name under which it is kept."""
    part = prompt.pieces(language)[number - 1]
    match = VARIABLE.search(part)
    if match is None:
        return part, part_stem(prompt, number, "") if first else ""
    kind = entries.variable_named(match[1]).kind
    if kind != "words":
        return part.replace(match[0], _SAMPLES[kind][language]), ""
    key, said = value
    return part.replace(match[0], said), part_stem(prompt, number, key)
