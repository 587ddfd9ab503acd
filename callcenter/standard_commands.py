"""`callcenter standard`: what calls are judged by. Parts are imported when their command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from callcenter.console import Config, clear_errors, out, settings_of

standard_app = typer.Typer(help="What calls are judged by.", no_args_is_help=True)


@standard_app.command("list")
def standard_list(config: Config = None) -> None:
    """The standards that ship, and those that the desks made of them."""
    from callcenter.standard_page import standards_table

    with clear_errors():
        out.print(standards_table(settings_of(config)))


@standard_app.command("check")
def standard_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A standard, such as standards/own.toml.")],
) -> None:
    """Say what is wrong with a standard of one's own, and what in it is probably not meant."""
    from callcenter.standards import load_standard, standard_names
    from callcenter.standards.remarks import remarks

    with clear_errors():
        whole = file.suffix == ".toml" or str(file) in standard_names()
        standard = load_standard(str(file) if whole else f"{file}.toml")
    for remark in remarks(standard):
        out.print(f"提示 note: {escape(remark)}", highlight=False, soft_wrap=True)
    told = f"标准无误 the standard is good: {file} {standard.name} {standard.edition}"
    out.print(told, highlight=False, soft_wrap=True)


@standard_app.command("explain")
def standard_explain(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="vanke, gaowei, …, or a file.")],
    desk: Annotated[str, typer.Option(metavar="ID", help="As this desk has it, with its override.")] = "",
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page to this file.")
    ] = None,
    config: Config = None,
) -> None:
    """Print a standard so that a supervisor understands it: limits, wordings, weights, clauses."""
    from callcenter import standard_page
    from callcenter.standards.wording import Language

    with clear_errors():
        standard = standard_page.wanted(name, desk, settings_of(config))
        language: Language = "en" if english else "zh"
        if html is not None:
            standard_page.write_page(standard, language, html)
            out.print(str(html), highlight=False, soft_wrap=True)
        else:
            out.print(standard_page.explained(standard, language))
