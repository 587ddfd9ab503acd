"""Where a dialled number leads."""

from __future__ import annotations

import pytest

from callcenter.domain.calls import Line
from callcenter.settings import Settings, Trunk
from callcenter.switchboard.routing import Nowhere, ToDesk, ToExtension, line_of, route

SETTINGS = Settings(
    desk=[
        {"id": "front", "number": "8000", "name": "前台", "agents": ["8001"]},
        {"id": "sales", "number": "8010", "name": "售楼处", "agents": ["8001"]},
    ],
    extension=[{"number": "8001", "password": "x"}, {"number": "8100", "password": "x"}],
    trunk=[
        {"id": "city", "username": "city", "password": "x", "number": "8010"},
        {"id": "bare", "username": "bare", "password": "x"},
    ],
)
CITY, BARE = SETTINGS.trunks


@pytest.mark.parametrize("trunk", [None, CITY, BARE])
def test_a_desks_number_leads_to_the_desk(trunk: Trunk | None) -> None:
    found = route(SETTINGS, "8000", trunk)
    assert isinstance(found, ToDesk)
    assert found.desk.id == "front"


def test_extensions_call_one_another() -> None:
    found = route(SETTINGS, "8100", None)
    assert isinstance(found, ToExtension)
    assert found.extension.number == "8100"


@pytest.mark.parametrize("dialled", ["8100", "02585001234", ""])
def test_a_trunk_reaches_its_desk_and_no_extension(dialled: str) -> None:
    found = route(SETTINGS, dialled, CITY)
    assert isinstance(found, ToDesk)
    assert found.desk.id == "sales"


@pytest.mark.parametrize(("dialled", "trunk"), [("9999", None), ("8100", BARE), ("", BARE), ("", None)])
def test_a_number_that_nobody_has(dialled: str, trunk: Trunk | None) -> None:
    assert route(SETTINGS, dialled, trunk) == Nowhere(404)


def test_a_trunk_is_an_external_line() -> None:
    assert line_of(CITY) is Line.EXTERNAL
    assert line_of(None) is Line.INTERNAL
