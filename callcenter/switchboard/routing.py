"""Where a dialled number leads. Pure: settings and an account in, a route out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from callcenter.domain.calls import Direction
from callcenter.domain.numbers import Numbers
from callcenter.settings import Desk, Extension, Settings, Trunk


@dataclass(frozen=True, slots=True)
class ToDesk:
    desk: Desk


@dataclass(frozen=True, slots=True)
class ToExtension:
    extension: Extension


@dataclass(frozen=True, slots=True)
class ToOutside:
    """A number outside, by a trunk. `emergency`: everybody may call it, whatever is set."""

    number: str
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nobody has the number: `status` is the answer."""

    status: int = 404


Route = ToDesk | ToExtension | ToOutside | Nowhere

_NUMBER: Final = re.compile(r"\+?[0-9]{2,20}")
"""What may be called outside. No star codes: they change what a line does, such as where its calls go."""


class Directory:
    """The desks and extensions of a house by their numbers. Where two have one number the first has it."""

    def __init__(self, settings: Settings) -> None:
        self._numbers = settings.numbering
        self._desks = {desk.number: desk for desk in reversed(settings.desks)}
        self._as_kept = {self._numbers.canonical(desk.number): desk for desk in reversed(settings.desks)}
        self._extensions = {each.number: each for each in reversed(settings.extensions)}

    def route(self, dialled: str, trunk: Trunk | None) -> Route:
        """The desk or extension that `dialled` belongs to. A trunk reaches desks only, however it writes
        their numbers; one it does not know leads to the desk that the trunk is for."""
        if trunk is not None:
            desk = self._as_kept.get(self._numbers.canonical(dialled)) or self._desks.get(trunk.number)
            return ToDesk(desk) if desk else Nowhere()
        if desk := self._desks.get(dialled):
            return ToDesk(desk)
        extension = self._extensions.get(dialled)
        return ToExtension(extension) if extension else Nowhere()


def route_outside(settings: Settings, dialled: str, caller: Extension | None, registered: bool) -> Route:
    """The outside number, as it is kept, that `dialled` is for the extension that has shown its password.

    This is the one way to a trunk. Whoever is no extension has none; nor has an extension that is not
    registered or that the settings do not let call this number, except for an emergency.
    """
    if caller is None or not _NUMBER.fullmatch(dialled):
        return Nowhere()
    if dialled in settings.sip.emergency:
        return ToOutside(dialled, emergency=True)
    number = settings.numbering.canonical(dialled)
    if not registered or not permitted(caller, number):
        return Nowhere()
    return ToOutside(number)


def permitted(caller: Extension, number: str) -> bool:
    """Whether the settings let an extension call a number outside."""
    if isinstance(caller.outside, bool):
        return caller.outside
    return number.startswith(caller.outside)


def as_dialled(numbers: Numbers, trunk: Trunk, to: ToOutside) -> str:
    """The number that goes out over a trunk; an emergency number is never changed, and none becomes one."""
    if to.emergency:
        return to.number
    sent = trunk.prefix + numbers.written(to.number, trunk.numbers).removeprefix(trunk.strip)
    return to.number if sent in numbers.emergency else sent


def direction_of(where: Route, trunk: Trunk | None) -> Direction:
    """Whether a call comes from outside, goes there, or stays within the house."""
    if trunk is not None:
        return Direction.INBOUND
    return Direction.OUTBOUND if isinstance(where, ToOutside) else Direction.INTERNAL
