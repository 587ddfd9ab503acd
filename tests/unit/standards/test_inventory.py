from __future__ import annotations

from typing import Any

import pytest

from callcenter.settings import Desk
from callcenter.standards import StandardError, standard_names
from callcenter.standards.inventory import inventory


def desk(id: str, **more: Any) -> Desk:
    return Desk.model_validate({"id": id, "number": "8000", "name": id, "agents": ["1"], **more})


def test_shipped_standards_with_the_desks_that_have_them() -> None:
    listed = inventory(
        [
            desk("front"),
            desk("bar", standard="sunac", max_rings=4),
            desk("show", standard="sunac", max_rings=4),
        ]
    )
    assert [each.standard.name for each in listed] == [*standard_names(), "sunac"]
    assert [each.ships for each in listed] == [True] * 5 + [False]
    by_name = {(each.standard.name, each.ships): each.desks for each in listed}
    assert by_name["vanke", True] == ("front",)
    assert by_name["sunac", True] == ()
    assert by_name["sunac", False] == ("bar", "show")


def test_a_desk_with_a_wrong_standard() -> None:
    with pytest.raises(StandardError, match="no standard 'vnake'"):
        inventory([desk("front", standard="vnake")])
