"""What is wrong with a standard's file, told so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is the file; `key` as it stands there (`rule.closing.last`); `reason` says what to do."""

    where: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.reason}"


class StandardError(Exception):
    """A standard is unknown or a file of it is wrong; each line of the message names a file and a key."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def suggest(word: str, known: Iterable[str], none: str) -> str:
    """`none`, and what was probably meant: the nearest of `known`, or all of them."""
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"{none}; did you mean {near[0]!r}?" if near else f"{none}; there are: {', '.join(choices)}"
