"""One finding of `callcenter doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`mend` says what to do where it is not good. `warns`: the service works without it all the same."""

    what: str
    good: bool
    found: str
    mend: str = ""
    warns: bool = False

    @property
    def fails(self) -> bool:
        """Whether the service cannot work as it is."""
        return not self.good and not self.warns
