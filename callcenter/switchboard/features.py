"""Do-not-disturb and forwarding of extensions: what each has set, who may set what, and the command for it.

A number outside may be a forward's target only for an extension that may call it and may send callers
outside: its calls then leave at the desk's expense.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from callcenter.domain.agents import Miss
from callcenter.domain.masking import masked
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.settings import Extension, Settings
from callcenter.store.engine import session
from callcenter.store.entries import FeatureSet, ForwardWhen
from callcenter.store.ledger import Ledger, utc_now
from callcenter.store.tables import ExtensionFeature
from callcenter.store.work import features as kept
from callcenter.switchboard.commands import Asker, Command, text
from callcenter.switchboard.routing import Nowhere, ToOutside, route, route_outside

log = logging.getLogger(__name__)

_WHEN: Final[Mapping[str, ForwardWhen]] = {
    "always": "always",
    "busy": "busy",
    "no_answer": "no_answer",
}
_CAUSES: Final[Mapping[str, frozenset[Miss]]] = {
    "busy": frozenset({Miss.BUSY, Miss.REJECTED}),
    "no_answer": frozenset({Miss.NO_ANSWER, Miss.UNREACHABLE}),
}


class Refused(Exception):
    """What was to be set cannot be. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What an extension has set. Where `forward_when` is empty nothing is forwarded."""

    dnd: bool = False
    forward_to: str = ""
    forward_when: ForwardWhen = ""

    @property
    def quiet(self) -> bool:
        """A desk's callers do not come to this telephone: its owner is elsewhere, or wants no calls."""
        return self.dnd or self.forward_when == "always"

    def forwards(self, why: Miss) -> bool:
        """Whether a call goes elsewhere that nobody took here."""
        return why in _CAUSES.get(self.forward_when, frozenset())


NOTHING: Final = Feature()


class Features:
    """What the extensions of one switchboard have set. `on_change` is told of each change."""

    def __init__(self, settings: Settings) -> None:
        self.on_change: list[Callable[[str, Feature], None]] = []
        self._settings = settings
        self._extensions: dict[str, Extension] = {each.number: each for each in settings.extensions}
        self._set: dict[str, Feature] = {}

    def of(self, number: str) -> Feature:
        """What a number has set; nothing for one that is no extension."""
        return self._set.get(number, NOTHING)

    def quiet(self, number: str) -> bool:
        return self.of(number).quiet

    def put(self, number: str, feature: Feature, *, by: str) -> None:
        """Sets all of it. Raises Refused."""
        if number not in self._extensions:
            raise Refused(f"{number} is no extension of this switchboard")
        if feature.forward_when and not feature.forward_to:
            raise Refused("a forward needs the number where calls are to go")
        if feature.forward_when:
            self.check(number, feature.forward_to)
        else:
            feature = Feature(feature.dnd)
        self._set[number] = feature
        log.info(
            "feature number=%s dnd=%s forward=%s to=%s by=%s",
            number,
            feature.dnd,
            feature.forward_when or "-",
            masked(feature.forward_to) or "-",
            by,
        )
        for told in self.on_change:
            told(number, feature)

    def set_dnd(self, number: str, wanted: bool, *, by: str) -> None:
        """Raises Refused."""
        old = self.of(number)
        self.put(number, Feature(wanted, old.forward_to, old.forward_when), by=by)

    def set_forward(self, number: str, to: str, when: ForwardWhen, *, by: str) -> None:
        """An empty `when`: nothing is forwarded any more. Raises Refused."""
        self.put(number, Feature(self.of(number).dnd, to, when), by=by)

    def check(self, number: str, to: str) -> None:
        """Raises Refused where an extension may not have its calls forwarded to `to`."""
        if to == number:
            raise Refused("a telephone cannot be forwarded to itself")
        if isinstance(route(self._settings, to, None), Nowhere) and self.outside(number, to) is None:
            raise Refused(
                f"{to} is no extension and no desk, and {number} may not send callers there: "
                "outside and transfers_outside of its [[extension]] say what it may"
            )

    def outside(self, number: str, to: str) -> ToOutside | None:
        """The number outside where an extension may send its callers now."""
        extension = self._extensions.get(number)
        if extension is None or not extension.transfers_outside:
            return None
        found = route_outside(self._settings, to, extension, registered=True)
        return found if isinstance(found, ToOutside) and not found.emergency else None

    def restore(self, rows: Iterable[ExtensionFeature]) -> None:
        """Takes back what was set before a restart; what is not allowed any more is left out."""
        for row in rows:
            when = _WHEN.get(row.forward_when, "")
            try:
                if when:
                    self.check(row.extension, row.forward_to)
            except Refused as refused:
                log.warning("forward not restored number=%s reason=%s", row.extension, refused)
                when = ""
            if row.extension in self._extensions:
                self._set[row.extension] = Feature(row.dnd, row.forward_to if when else "", when)

    # -- the command --------------------------------------------------------------------------------------

    @property
    def commands(self) -> dict[str, Command]:
        return {"feature": Command(self._command)}

    async def _command(self, asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
        """`{"extension", "dnd", "forward_to", "forward_when"}`: all that the extension has set."""
        number = text(args, "extension", "whose telephone")
        if not asker.controls and number != asker.number:
            raise CommandError(ErrorCode.FORBIDDEN, f"{asker.by} sets their own; a supervisor others'")
        when = str(args.get("forward_when") or "")
        if when and when not in _WHEN:
            raise CommandError(ErrorCode.INVALID, f"forward_when is {', '.join(_WHEN)}, or empty")
        wanted = Feature(args.get("dnd") is True, str(args.get("forward_to") or ""), _WHEN.get(when, ""))
        try:
            self.put(number, wanted, by=asker.by or "page")
        except Refused as refused:
            raise CommandError(ErrorCode.INVALID, str(refused)) from None
        now = self.of(number)
        return {"extension": number, "dnd": now.dnd, "forward_to": now.forward_to, "forward_when": when}


def keep_features(features: Features, ledger: Ledger) -> None:
    """From here on every change goes to the ledger, which tells of it."""

    def changed(number: str, feature: Feature) -> None:
        ledger.put(FeatureSet(number, utc_now(), feature.dnd, feature.forward_to, feature.forward_when))

    features.on_change.append(changed)


def kept_features(engine: Engine) -> list[ExtensionFeature]:
    """What was set before; blocks."""
    with session(engine) as work:
        return list(kept(work).values())
