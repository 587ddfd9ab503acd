"""What the doctor says of flows and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.flow_checks import calendar, flows, whole
from callcenter.flows import FlowError
from callcenter.settings import Settings

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "flows").glob("*.toml"))


def site(folder: Path, **files: str | Path) -> Settings:
    desks = [
        {"id": id, "number": f"80{index:02}", "name": id, "flow": _file(folder, id, text)}
        for index, (id, text) in enumerate(files.items(), start=90)
    ]
    extensions = [{"number": number, "password": "x"} for number in ("8001", "8002", "8100")]
    trunk = {"id": "city", "username": "city", "password": "x"}
    return Settings(data=folder, desk=desks, extension=extensions, trunk=[trunk])


def _file(folder: Path, id: str, text: str | Path) -> Path:
    if isinstance(text, Path):
        return text
    path = folder / f"{id}.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_examples_are_good_together(tmp_path: Path) -> None:
    settings = site(tmp_path, **{path.stem: path for path in EXAMPLES})
    checks = list(flows(settings))
    assert [check.what for check in checks] == [f"流程 flow {path.stem}" for path in EXAMPLES]
    assert all(check.good for check in checks), checks


def test_a_desk_without_a_file_is_not_mentioned(tmp_path: Path) -> None:
    desk = {"id": "front", "number": "8000", "name": "front", "agents": ["8001"]}
    assert (
        list(
            flows(
                site(tmp_path).model_copy(
                    update={
                        "desks": Settings(desk=[desk], extension=[{"number": "8001", "password": "x"}]).desks
                    }
                )
            )
        )
        == []
    )


def test_a_mistake_is_told_with_file_key_and_reason(tmp_path: Path) -> None:
    text = (ROOT / "flows" / "night.toml").read_text("utf-8").replace('"8002"', '"8009"')
    (check,) = flows(site(tmp_path, night=text))
    assert check.fails
    assert check.found == f"{tmp_path / 'night.toml'}: group.night.agents: 8009 is no [[extension]]"
    with pytest.raises(FlowError, match=r"night\.toml: group\.night\.agents: 8009"):
        whole(tmp_path / "night.toml", site(tmp_path))


def test_desks_that_lead_round_in_a_circle(tmp_path: Path) -> None:
    text = (ROOT / "flows" / "small.toml").read_text("utf-8")
    settings = site(
        tmp_path,
        small=text.replace('desk = "hotline"', 'desk = "hotline"'),
        hotline=text.replace('desk = "hotline"', 'desk = "small"'),
    )
    *good, circle = flows(settings)
    assert all(check.good for check in good)
    assert circle.fails
    assert "round in a circle through other desks" in circle.found


def test_a_year_that_is_published_is_known(tmp_path: Path) -> None:
    (check,) = calendar(Settings(data=tmp_path), datetime(2026, 3, 1, tzinfo=UTC))
    assert (check.good, check.found) == (True, "known for 60 days")


def test_days_that_nobody_knows_are_a_warning_and_no_failure(tmp_path: Path) -> None:
    (check,) = calendar(Settings(data=tmp_path), datetime(2099, 11, 15, tzinfo=UTC))
    assert not check.good
    assert not check.fails
    assert check.found.startswith("60 of the next 60 days are provisional, from 2099-11-15")
    assert str(tmp_path / "calendar.toml") in check.mend


def test_the_site_s_own_calendar_ends_the_warning(tmp_path: Path) -> None:
    (tmp_path / "calendar.toml").write_text("years = [2099, 2100]\n", "utf-8")
    (check,) = calendar(Settings(data=tmp_path), datetime(2099, 11, 15, tzinfo=UTC))
    assert check.good


def test_a_calendar_with_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "calendar.toml").write_text('holidays = ["2027-02-30"]\n', "utf-8")
    (check,) = calendar(Settings(data=tmp_path))
    assert check.fails
    assert "calendar.toml: holidays.0: " in check.found
