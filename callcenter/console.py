"""What the commands share: where they print, what they say of errors, and the settings they run with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from callcenter.settings import ConfigError, Settings, load_settings

err = Console(stderr=True)
out = Console()

DEFAULT_CONFIG = Path("callcenter.toml")
USAGE = 2
"""Exit status where the installation or the command line is at fault."""

Config = Annotated[Path | None, typer.Option("--config", help="Configuration file. [callcenter.toml]")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of database and recordings.")]


@contextmanager
def clear_errors() -> Iterator[None]:
    """What is the user's to mend is said in one line, without a traceback."""
    from callcenter.corpus.dialogues import CorpusError
    from callcenter.events.errors import AddressError, BrokerError
    from callcenter.flows import FlowError
    from callcenter.scribe.judge_files import JudgeError
    from callcenter.standards import StandardError
    from callcenter.store.engine import StoreError
    from callcenter.store.rejudgings import RejudgingError
    from prompts.schema import CatalogueError
    from transcripts.lexicon import LexiconError
    from transcripts.model import ModelError
    from transcripts.recogniser import RecogniserError

    known = (
        AddressError,
        BrokerError,
        CatalogueError,
        ConfigError,
        CorpusError,
        FlowError,
        JudgeError,
        LexiconError,
        ModelError,
        OSError,
        RecogniserError,
        RejudgingError,
        StandardError,
        StoreError,
    )
    try:
        yield
    except BaseExceptionGroup as group:
        mine, rest = group.split(known)
        if mine is None or rest is not None:
            raise
        _fail(mine.exceptions[0])
    except known as error:
        _fail(error)


def _fail(error: BaseException) -> None:
    told = (
        f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
    )
    err.print(f"[red]callcenter:[/] {escape(told)}", highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE)


def settings_of(
    config: Path | None,
    data: Path | None = None,
    sip: str | None = None,
    http: str | None = None,
    mqtt: str | None = None,
) -> Settings:
    """The settings, with what the command line says on top. Raises ConfigError."""
    if config is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    settings = load_settings(config)
    changes: dict[str, Any] = {}
    if data is not None:
        changes["data"] = data
    if sip is not None:
        changes["sip"] = {**settings.sip.model_dump(), "listen": sip}
    if http is not None:
        changes["http"] = {"listen": http}
    if mqtt is not None:
        changes["mqtt"] = {**settings.mqtt.model_dump(), "url": mqtt}
    return settings.with_overrides(changes) if changes else settings
