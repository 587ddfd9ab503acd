from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.settings import Settings, load_settings
from callcenter.standard_page import explained, standards_table, wanted, write_page
from callcenter.standards import StandardError, load_standard
from callcenter.standards.wording import Language

SITE = """
[[desk]]
id = "bar"
number = "8100"
name = "水吧"
standard = "sunac"
max_rings = 4
agents = ["8001"]

[[extension]]
number = "8001"
password = "secret-8001-long"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "callcenter.toml"
    file.write_text(SITE, "utf-8")
    return load_settings(file)


def printed(what: object) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


@pytest.mark.parametrize(("language", "told"), [("zh", "三声之内接听  10 分"), ("en", "10 points")])
def test_a_standard_on_the_terminal(language: Language, told: str) -> None:
    text = printed(explained(load_standard("vanke"), language))
    assert told in text and "万科物业前台接待作业指导  vanke" in text
    assert "请问【还有】什么可以帮到您吗 / 【还有】什么可以帮您的吗" in text
    assert "A8 结束语：「感谢您的来电，再见」（客服与呼叫中心手册）" in text


def test_the_list(settings: Settings) -> None:
    text = printed(standards_table(settings))
    rows = [line for line in text.splitlines() if "sunac" in line]
    assert len(rows) == 2 and "│ bar" in rows[1] and "│ 4 " in rows[1]
    assert load_standard("vanke").edition in text


def test_the_list_on_a_narrow_terminal_cuts_nothing_off(settings: Settings) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(standards_table(settings))
    assert "…" not in console.export_text()


def test_as_a_desk_has_it(settings: Settings) -> None:
    assert wanted("sunac", "bar", settings).max_rings == 4
    assert wanted("sunac", "", settings).max_rings == 3
    with pytest.raises(StandardError, match="'bar' is judged by sunac, not by vanke"):
        wanted("vanke", "bar", settings)
    with pytest.raises(StandardError, match="there is no desk 'baar'; did you mean 'bar'"):
        wanted("sunac", "baar", settings)


def test_a_page_that_needs_nothing_beside_it(tmp_path: Path) -> None:
    write_page(load_standard("vanke"), "zh", tmp_path / "vanke.html")
    text = (tmp_path / "vanke.html").read_text("utf-8")
    assert "<b>还有</b>什么可以帮您的吗" in text and "万科物业前台接待作业指导" in text
    assert "http" not in text and "<script" not in text
