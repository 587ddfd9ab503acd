"""`callcenter corpus`: how right the judging is. Parts are imported when their command runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from callcenter.console import clear_errors, err, out

corpus_app = typer.Typer(help="Spoken dialogues whose verdicts are known.", no_args_is_help=True)


@corpus_app.command("score")
def corpus_score(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="NAME.json, NAME.agent.wav, NAME.caller.wav …")
    ],
    standard: Annotated[
        str, typer.Option(help="Judge all by this standard (name or path), not each by its own.")
    ] = "",
    workers: Annotated[int, typer.Option(min=0, help="Processes that listen; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Judge spoken dialogues whose verdicts are known; status 1 if a pass was called fail or a fail pass."""
    from callcenter.corpus import report, scoring
    from callcenter.corpus.dialogues import read_corpus
    from transcripts.model import find_model

    with clear_errors():
        score = scoring.score(
            read_corpus(folder),
            find_model(),
            standard or None,
            workers or scoring.cores(),
            lambda name, done, of: err.print(f"{done}/{of} {name}", highlight=False),
        )
    if as_json:
        sys.stdout.write(json.dumps(report.score_json(score), ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(report.confusion_table(score), highlight=False)
        out.print(
            *report.wrong_lines(score), report.summary(score), sep="\n", highlight=False, soft_wrap=True
        )
    raise typer.Exit(1 if score.flips else 0)
