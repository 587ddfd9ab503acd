"""By what a call is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.scribe.terms import DEFAULT_STANDARD, Terms
from callcenter.settings import Settings
from callcenter.standards import StandardError
from tests.unit.scribe.rows import call


def terms(**desk: object) -> Terms:
    front = {"id": "front", "number": "8000", "name": "海棠物业", "agents": ["8001"], **desk}
    return Terms(Settings(desk=[front], extension=[{"number": "8001", "password": "x"}]).desks)


def test_the_desks_standard_with_what_it_says_otherwise() -> None:
    standard, names = terms(override={"rule": {"opening": {"within": 9.0}}}).standard(call("c1"))
    opening = standard.rule("opening")
    assert (standard.name, names) == ("vanke", ("海棠物业",))
    assert getattr(opening, "within", None) == 9.0


def test_a_call_keeps_the_standard_that_its_desk_had_then() -> None:
    standard, names = terms(standard="gaowei").standard(call("c1", standard="vanke"))
    assert (standard.name, names) == ("vanke", ("海棠物业",))


def test_a_standard_that_is_gone_and_a_desk_that_is_gone() -> None:
    standard, names = terms().standard(call("c1", standard="gone", desk="gone"))
    assert (standard.name, names) == (DEFAULT_STANDARD, ())


def test_a_desks_wrong_standard_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match=r"none\.toml"):
        terms(standard=str(tmp_path / "none.toml"))


def test_a_flow_is_read_anew_when_its_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "front.toml"
    text = (
        '[start]\nopen = "ring"\n[group.g]\nagents = ["8001"]\n[step.ring]\ndo = "ring"\ngroup = "g"\n'
        "[talk]\nlong_call = {}\n"
    )
    file.write_text(text.format(100), "utf-8")
    found = terms(flow=str(file), agents=[])
    assert found.flow(call("c1")) is found.flow(call("c2"))
    file.write_text(text.format(2000), "utf-8")
    flow = found.flow(call("c1"))
    assert flow is not None and flow.talk.long_call == 2000
    file.write_text("nothing of the kind = 1\n", "utf-8")
    assert found.flow(call("c1")) is None
    assert found.flow(call("c1", desk="gone")) is None
