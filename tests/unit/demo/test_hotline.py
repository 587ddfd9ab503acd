"""The demo's second act as a table; that it plays is for the acceptance test of the demo."""

from __future__ import annotations

import io

from rich.console import Console

from callcenter.demo.hotline import TITLES, Shown, hotline_table


def shown(*scenes: Shown) -> str:
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(hotline_table(list(scenes)))
    return console.export_text()


def test_each_scene_says_what_is_on_record() -> None:
    text = shown(Shown("queue", "排队 31.0 s"), Shown("hold", "", "not warned: agent [sic]"))
    assert TITLES["queue"] in text and "排队 31.0 s" in text and "是 yes" in text
    assert "否 no: not warned: agent [sic]" in text
