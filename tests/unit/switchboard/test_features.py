"""What extensions have set, in memory."""

from __future__ import annotations

from callcenter.store.entries import FeatureSet
from callcenter.store.tables import ExtensionFeature
from callcenter.switchboard.features import NONE, Feature, Features
from tests.unit.store.facts import at


class Kept:
    def __init__(self) -> None:
        self.entries: list[FeatureSet] = []

    def put(self, entry: FeatureSet) -> None:
        self.entries.append(entry)


def test_what_is_set_holds_and_is_kept() -> None:
    kept = Kept()
    features = Features(kept)  # type: ignore[arg-type]
    assert features.of("1") == NONE and not features.quiet("1")
    features.set("1", Feature(dnd=True, forward_to="2", forward_when="busy"), at(1))
    assert features.quiet("1") and features.of("1").forward_to == "2"
    assert kept.entries == [FeatureSet("1", at(1), True, "2", "busy")]


def test_it_is_there_again_after_a_restart() -> None:
    features = Features(Kept())  # type: ignore[arg-type]
    features.restore({"1": ExtensionFeature(extension="1", forward_to="8000", forward_when="always")})
    assert features.of("1") == Feature(False, "8000", "always")
