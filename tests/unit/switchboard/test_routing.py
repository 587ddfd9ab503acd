"""Where a dialled number leads."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from callcenter.domain.calls import Direction
from callcenter.domain.numbers import Numbers
from callcenter.settings import Extension, Settings, Trunk
from callcenter.switchboard.routing import (
    Directory,
    Nowhere,
    Route,
    ToDesk,
    ToExtension,
    ToOutside,
    as_dialled,
    direction_of,
    route_outside,
)

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
DIRECTORY = Directory(SETTINGS)


@pytest.mark.parametrize("trunk", [None, CITY, BARE])
def test_a_desks_number_leads_to_the_desk(trunk: Trunk | None) -> None:
    found = DIRECTORY.route("8000", trunk)
    assert isinstance(found, ToDesk)
    assert found.desk.id == "front"


def test_extensions_call_one_another() -> None:
    found = DIRECTORY.route("8100", None)
    assert isinstance(found, ToExtension)
    assert found.extension.number == "8100"


@pytest.mark.parametrize("dialled", ["8100", "02585001234", ""])
def test_a_trunk_reaches_its_desk_and_no_extension(dialled: str) -> None:
    found = DIRECTORY.route(dialled, CITY)
    assert isinstance(found, ToDesk)
    assert found.desk.id == "sales"


@pytest.mark.parametrize(("dialled", "trunk"), [("9999", None), ("8100", BARE), ("", BARE), ("", None)])
def test_a_number_that_nobody_has(dialled: str, trunk: Trunk | None) -> None:
    assert DIRECTORY.route(dialled, trunk) == Nowhere(404)


@pytest.mark.parametrize(
    ("where", "trunk", "direction"),
    [
        (ToDesk(SETTINGS.desks[0]), CITY, Direction.INBOUND),
        (ToDesk(SETTINGS.desks[0]), None, Direction.INTERNAL),
        (ToExtension(SETTINGS.extensions[0]), None, Direction.INTERNAL),
        (ToOutside("10086"), None, Direction.OUTBOUND),
    ],
)
def test_where_a_call_comes_from_and_goes(where: Route, trunk: Trunk | None, direction: Direction) -> None:
    assert direction_of(where, trunk) is direction


def extension(outside: Any = False) -> Extension:
    return Extension(number="8001", password=SecretStr("x"), outside=outside)


ANYWHERE = extension(True)
CITY_ONLY = extension(["0755", "400"])


@pytest.mark.parametrize(
    ("caller", "registered", "dialled", "goes"),
    [
        (ANYWHERE, True, "13800138000", True),
        (ANYWHERE, True, "+8613800138000", True),
        (ANYWHERE, True, "0044123456789", True),
        (ANYWHERE, False, "13800138000", False),  # not registered
        (extension(), True, "13800138000", False),  # not allowed
        (None, True, "13800138000", False),  # no extension: a trunk, a stranger
        (CITY_ONLY, True, "07551234567", True),
        (CITY_ONLY, True, "4008001234", True),
        (CITY_ONLY, True, "13800138000", False),
        (ANYWHERE, True, "*72#", False),  # star codes change what a line does
        (ANYWHERE, True, "alice", False),
        (ANYWHERE, True, "1" * 21, False),
        (ANYWHERE, True, "7", False),
        (ANYWHERE, True, "138;phone-context=x", False),
        (ANYWHERE, True, "", False),
        *(
            (caller, registered, number, True)
            for caller in (ANYWHERE, extension())
            for registered in (True, False)
            for number in ("110", "119", "120")
        ),
        (None, True, "110", False),
    ],
)
def test_who_may_call_what_outside(
    caller: Extension | None, registered: bool, dialled: str, goes: bool
) -> None:
    found = route_outside(SETTINGS, dialled, caller, registered)
    dialled = Numbers().canonical(dialled)
    emergency = dialled in ("110", "119", "120")
    assert found == (ToOutside(dialled, emergency=emergency) if goes else Nowhere(404))


@pytest.mark.parametrize(
    ("rules", "dialled", "sent"),
    [
        ({}, "13800138000", "13800138000"),
        ({"strip": "9"}, "913800138000", "13800138000"),
        ({"strip": "9"}, "13800138000", "13800138000"),
        ({"prefix": "0"}, "13800138000", "013800138000"),
        ({"strip": "+86", "prefix": "0"}, "+8613800138000", "013800138000"),
        ({"numbers": "e164"}, "13800138000", "+8613800138000"),
        ({"numbers": "e164", "strip": "+"}, "075512345678", "8675512345678"),
        ({"strip": "1", "prefix": "0"}, "110", "110"),  # an emergency number is never changed
        ({"strip": "9"}, "9110", "9110"),  # and nothing becomes one
    ],
)
def test_what_is_dialled_over_a_trunk(rules: dict[str, str], dialled: str, sent: str) -> None:
    trunk = Trunk.model_validate({"id": "t", "username": "u", "password": "x", **rules})
    assert as_dialled(Numbers(), trunk, ToOutside(dialled, emergency=dialled == "110")) == sent


def test_no_desk_or_extension_has_an_emergency_number() -> None:
    with pytest.raises(ValidationError, match="emergency"):
        Settings(extension=[{"number": "110", "password": "x"}])
