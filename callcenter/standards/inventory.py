"""The standards of an installation: those that ship, and what its desks made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from callcenter.domain.standards import Standard
from callcenter.settings import Desk
from callcenter.standards.layers import standard_names
from callcenter.standards.loader import desk_standard, load_standard


@dataclass(frozen=True, slots=True)
class Listed:
    """A standard and the ids of the desks that are judged by it, as it is."""

    standard: Standard
    desks: tuple[str, ...]

    @property
    def ships(self) -> bool:
        """Whether it is one that ships, with nothing changed."""
        name = self.standard.name
        return name in standard_names() and load_standard(name).digest == self.standard.digest


def inventory(desks: Iterable[Desk]) -> list[Listed]:
    """The shipped standards, then those of desks that have another. Raises StandardError."""
    used = [(desk_standard(desk), desk.id) for desk in desks]
    standards = [*(load_standard(name) for name in standard_names()), *(standard for standard, _ in used)]
    by_digest = {standard.digest: standard for standard in standards}
    return [
        Listed(standard, tuple(desk for each, desk in used if each.digest == digest))
        for digest, standard in by_digest.items()
    ]
