"""What the doctor and `callcenter flow check` say of flows and of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter.flow_checks import calendar, flows, whole
from callcenter.flows import FlowError, check_site, load_flow
from callcenter.flows.calendar import site_file
from callcenter.settings import Settings

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "flows").glob("*.toml"))
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def site(folder: Path, *files: Path, **changes: Any) -> Settings:
    """A desk for each file, named as it is, and the extensions that the examples ring."""
    desks = [
        {"id": file.stem, "number": f"800{number}0", "name": file.stem, "flow": file}
        for number, file in enumerate(files)
    ]
    extensions = [{"number": number, "password": "x"} for number in ("8001", "8002", "8100")]
    trunk = {"id": "city", "username": "city", "password": "x"}
    return Settings(**{"data": folder, "desk": desks, "extension": extensions, "trunk": [trunk], **changes})


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_example_fits_a_site(file: Path, tmp_path: Path) -> None:
    assert whole(file, site(tmp_path, *EXAMPLES)).steps


def test_the_examples_go_together(tmp_path: Path) -> None:
    checks = list(flows(site(tmp_path, *EXAMPLES)))
    assert [check.what.split()[-1] for check in checks] == [file.stem for file in EXAMPLES]
    assert all(check.good for check in checks)
    assert check_site({file.stem: load_flow(file) for file in EXAMPLES}) == {}


def test_a_flow_that_does_not_fit_the_site_is_told(tmp_path: Path) -> None:
    front = next(file for file in EXAMPLES if file.stem == "front")
    settings = site(tmp_path, front, extension=[{"number": "8001", "password": "x"}])
    with pytest.raises(FlowError, match=r"front\.toml: group\.front\.agents: 8002 is no \[\[extension\]\]"):
        whole(front, settings)
    (check,) = flows(settings)
    assert check.fails
    assert "step.repairs.number: 8100 is no [[extension]]" in check.found
    assert "callcenter flow check" in check.mend


def test_desks_that_hand_callers_round_are_told(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        to = f'[start]\nopen = "on"\n[step.on]\ndo = "desk"\ndesk = "{other}"\n'
        (tmp_path / f"{one}.toml").write_text(to, "utf-8")
    checks = list(flows(site(tmp_path, tmp_path / "a.toml", tmp_path / "b.toml")))
    assert [check.good for check in checks[:2]] == [True, True]
    assert "circle through other desks" in checks[2].found
    assert checks[2].fails


def test_a_desk_without_a_file_has_no_line(tmp_path: Path) -> None:
    desk = {"id": "front", "number": "8000", "name": "x", "agents": ["8001"]}
    assert list(flows(site(tmp_path, desk=[desk]))) == []


def test_days_that_nobody_has_published_are_a_warning(tmp_path: Path) -> None:
    (check,) = calendar(site(tmp_path), NOW)
    assert "provisional, from 2027-01-02" in check.found  # New Year's Day itself is the law's
    assert not check.good
    assert not check.fails
    site_file(tmp_path).write_text("years = [2027]\n", "utf-8")
    assert [check.good for check in calendar(site(tmp_path), NOW)] == [True]


def test_a_calendar_with_a_mistake_fails(tmp_path: Path) -> None:
    site_file(tmp_path).write_text('holidays = ["soon"]\n', "utf-8")
    (check,) = calendar(site(tmp_path), NOW)
    assert check.fails
    assert "calendar.toml: holidays.0" in check.found
