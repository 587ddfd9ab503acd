"""`callcenter transcript`: what was said in a stored call. Parts are imported when the command runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from callcenter.console import Config, Data, clear_errors, err, settings_of

if TYPE_CHECKING:
    from callcenter.store.transcripts import Utterance


class Form(StrEnum):
    """Of the text."""

    TEXT = "text"
    JSON = "json"
    VTT = "vtt"


def print_transcript(
    call: Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")],
    form: Annotated[Form, typer.Option("--form", help="Text with times, JSON, or WebVTT.")] = Form.TEXT,
    config: Config = None,
    data: Data = None,
) -> None:
    """Print what was said in a call, with speakers and times; in JSON also what was heard of it."""
    from callcenter.store.engine import make_engine, session
    from callcenter.store.migrate import upgrade
    from callcenter.store.tables import Call
    from callcenter.store.transcripts import call_transcript

    with clear_errors():
        url = settings_of(config, data=data).database_url
        upgrade(url)
        engine = make_engine(url)
        with session(engine) as db:
            known = db.get(Call, call) is not None
            utterances = call_transcript(db, call)
        engine.dispose()
    if not known:
        err.print(f"没有这通电话 no such call: {call}", markup=False)
        raise typer.Exit(1)
    typer.echo(_written(utterances, form), nl=False)


def _written(utterances: list[Utterance], form: Form) -> str:
    from callcenter.store.transcripts import transcript_json, transcript_text, transcript_vtt

    def as_json(utterances: list[Utterance]) -> str:
        return json.dumps(transcript_json(utterances), ensure_ascii=False, indent=1) + "\n"

    forms: Mapping[Form, Callable[[list[Utterance]], str]] = {
        Form.TEXT: transcript_text,
        Form.JSON: as_json,
        Form.VTT: transcript_vtt,
    }
    return forms[form](utterances)
