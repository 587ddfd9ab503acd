"""What `callcenter standard` prints: the standards there are, and one of them explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from callcenter.domain.standards import Standard
from callcenter.settings import Settings
from callcenter.standards import StandardError, desk_standard, load_standard
from callcenter.standards.errors import suggest
from callcenter.standards.explaining import Item, Page, Words, explain
from callcenter.standards.inventory import inventory
from callcenter.standards.wording import Language
from callcenter.web.views.standards import standalone_page

LONG = 30
"""Characters beyond which each part of a list has a line of its own."""
CORE = re.compile("【([^】]*)】")


def wanted(name: str, desk: str, settings: Settings) -> Standard:
    """A standard by its name or file; or with `desk` as that desk has it. Raises StandardError."""
    if not desk:
        return load_standard(name)
    found = settings.desk(desk)
    if found is None:
        raise StandardError(suggest(desk, (each.id for each in settings.desks), f"there is no desk {desk!r}"))
    standard = desk_standard(found)
    if name not in (standard.name, found.standard):
        raise StandardError(f"desk {desk!r} is judged by {standard.name}, not by {name}")
    return standard


def standards_table(settings: Settings) -> Table:
    """The standards that ship, and those of the desks. Raises StandardError."""
    table = Table()
    for heading in ("名称 name", "标题 title", "版本 version", "铃 rings", "条款 rules", "服务台 desks"):
        table.add_column(heading, no_wrap=heading.endswith(("name", "version")), overflow="fold")
    for listed in inventory(settings.desks):
        standard = listed.standard
        row = (standard.name, standard.title, standard.edition, standard.max_rings, len(standard.rules))
        table.add_row(*map(str, row), ", ".join(listed.desks))
    return table


def explained(standard: Standard, language: Language) -> RenderableType:
    """A standard as a page on a terminal."""
    return Lines(*_page(explain(standard, language)))


def _page(page: Page) -> Iterator[RenderableType]:
    facts = Table.grid(padding=(0, 2))
    for label, value in page.facts:
        facts.add_row(Text(label, "dim"), value)
    yield Panel(facts, title=Text(f"{page.title}  {page.name}", "bold"), title_align="left")
    for note in page.notes:
        yield Text(note, "dim")
    for group in page.groups:
        yield Text(f"\n━━ {group.title} ━━", "bold cyan")
        for item in group.items:
            yield from _item(item)


def _item(item: Item) -> Iterator[RenderableType]:
    head = Text.assemble("\n", (item.title, "bold"), "  ", (item.points, "green"))
    if item.grave:
        head.append(f"  {item.grave}", "bold red")
    head.append(f"  {item.id}", "dim")
    yield head
    yield Padding(Text(item.demand), (0, 2))
    for words in item.words:
        yield Padding(_list(words), (0, 4))
    yield Padding(Text(f"{item.clause}（{item.source}）", "italic dim"), (0, 2))


def _list(words: Words) -> Text:
    """A line, or where its parts are long, one for each."""
    style = "dim" if words.aside else ""
    long = max(map(len, words.phrases)) > LONG
    parts = [_marked(phrase, style) for phrase in words.phrases]
    colon = ": " if words.label.isascii() else "："
    return Text.assemble(
        (f"{words.label}{colon}" + "\n" * long, style), Text("\n" if long else " / ").join(parts)
    )


def _marked(phrase: str, style: str) -> Text:
    """A phrase with its core in bold, the brackets kept for terminals without."""
    text = Text(phrase, style)
    for found in CORE.finditer(phrase):
        text.stylize("bold", *found.span())
    return text


def write_page(standard: Standard, language: Language, file: Path) -> None:
    """The page of a standard as an HTML file that needs nothing beside it. Raises OSError."""
    file.write_text(standalone_page(explain(standard, language), language), "utf-8")
