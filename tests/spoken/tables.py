"""The tables of calls under tests/data/spoken/: what is said, what signalling knows, what is expected."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.spoken.clips import CLIPS, SPOKEN, Sentence
from tests.spoken.compose import BEFORE, Spoken, compose, sentences

EXAMPLES = SPOKEN / "rules.toml"
"""A passing, a failing and an unsure example of every rule."""
UNSEEN = SPOKEN / "unseen.toml"
"""Whole dialogues that nothing was fitted on."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a table; `described` is all of it but its sound."""

    name: str
    says: tuple[Mapping[str, Any], ...]
    described: Mapping[str, Any]

    @property
    def voices(self) -> dict[str, str]:
        return {leg: self.described[leg] for leg in ("agent", "caller")}

    @property
    def sentences(self) -> list[Sentence]:
        return sentences(self.says, self.voices)

    def spoken(self, folder: Path = CLIPS) -> Spoken:
        return compose(self.says, self.voices, self.described.get("ends", BEFORE), folder)

    @property
    def judgements(self) -> list[Mapping[str, Any]]:
        """The call as it is described, and as each of `others` describes it otherwise: the same sound."""
        first = {key: value for key, value in self.described.items() if key != "others"}
        return [first, *(first | other for other in self.described.get("others", ()))]


def calls(table: Path) -> list[Call]:
    """The calls of a table, in its order. What stands before the first holds where a call says nothing."""
    value = tomllib.loads(table.read_text("utf-8"))
    found = []
    for each in value.pop("call"):
        described = {**value, **each}
        found.append(Call(described.pop("name"), tuple(described.pop("says")), described))
    return found


def swapped(dialogue: Mapping[str, Any]) -> Call:
    """A dialogue of the corpus, each party with the other's voice, and the same pauses."""
    says, end = [], 0.0
    for part in dialogue["timeline"]:
        after = {"after": round(part["start"] - end, 3)}
        says.append(
            after | ({part["leg"]: part["text"]} if "text" in part else {"hold": part["end"] - part["start"]})
        )
        end = part["end"]
    described = {key: value for key, value in dialogue.items() if key not in ("timeline", "name", "seconds")}
    voices = {"agent": dialogue["caller"], "caller": dialogue["agent"]}
    return Call(dialogue["name"], tuple(says), described | voices)
