"""Do-not-disturb and forwarding of extensions, in memory; the ledger keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from callcenter.store.entries import FeatureSet, ForwardWhen
from callcenter.store.ledger import Ledger
from callcenter.store.tables import ExtensionFeature


@dataclass(frozen=True, slots=True)
class Feature:
    """What an extension has set. `forward_when` is empty where nothing is forwarded."""

    dnd: bool = False
    forward_to: str = ""
    forward_when: ForwardWhen = ""


NONE: Final = Feature()


class Features:
    """By number. Only what is not the default is kept in memory."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._set: dict[str, Feature] = {}

    def of(self, number: str) -> Feature:
        return self._set.get(number, NONE)

    def quiet(self, number: str) -> bool:
        """Whether the distribution is to offer them nothing: they want no calls, or are elsewhere. A desk's
        callers do not follow its agents' forwards."""
        return self.of(number).dnd or self.of(number).forward_when == "always"

    def set(self, number: str, feature: Feature, at: datetime) -> None:
        """From the next call on."""
        self._set[number] = feature
        entry = FeatureSet(number, at, feature.dnd, feature.forward_to, feature.forward_when)
        self._ledger.put(entry)

    def restore(self, kept: Mapping[str, ExtensionFeature]) -> None:
        """Takes back what was set before a restart."""
        self._set = {
            number: Feature(row.dnd, row.forward_to, cast(ForwardWhen, row.forward_when))
            for number, row in kept.items()
        }
