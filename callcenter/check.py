"""One finding of `callcenter doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`mend` says what to do where it is not good."""

    what: str
    good: bool
    found: str
    mend: str = ""
