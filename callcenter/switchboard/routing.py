"""Where a dialled number leads. Pure: settings and an account in, a route out."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.domain.calls import Line
from callcenter.settings import Desk, Extension, Settings, Trunk


@dataclass(frozen=True, slots=True)
class ToDesk:
    desk: Desk


@dataclass(frozen=True, slots=True)
class ToExtension:
    extension: Extension


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nobody has the number: `status` is the answer."""

    status: int = 404


Route = ToDesk | ToExtension | Nowhere


def route(settings: Settings, dialled: str, trunk: Trunk | None) -> Route:
    """The desk or extension that `dialled` belongs to. A trunk reaches desks only; a number it does not
    know leads to the desk that the trunk is for."""
    for desk in settings.desks:
        if desk.number == dialled:
            return ToDesk(desk)
    if trunk is not None:
        return _default_desk(settings, trunk)
    for extension in settings.extensions:
        if extension.number == dialled:
            return ToExtension(extension)
    return Nowhere()


def _default_desk(settings: Settings, trunk: Trunk) -> Route:
    for desk in settings.desks:
        if trunk.number and desk.number == trunk.number:
            return ToDesk(desk)
    return Nowhere()


def line_of(trunk: Trunk | None) -> Line:
    return Line.INTERNAL if trunk is None else Line.EXTERNAL
