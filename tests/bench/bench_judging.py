"""How right the judging is on a corpus, as it is and with its sound damaged.

    python -m tests.bench.bench_judging [CORPUS …] [--cache DIR] [--swapped DIR] [--variant NAME …]

A corpus is a folder of dialogues, or `unseen`: those of tests/data/spoken that nothing was fitted on. Prints
a table (rule × variant: right/unsure/flip), and a line for each verdict that is not right. `--swapped` names
the folder of clips that `python -m tests.spoken.speak --swap CORPUS --to DIR` made: the same dialogues with
the parties' voices exchanged.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from callcenter.corpus.dialogues import Dialogue, read_corpus
from callcenter.corpus.outcomes import Outcome, Result, compare
from callcenter.corpus.report import wanted_text
from callcenter.domain.standards import KINDS
from callcenter.standards import load_standard
from tests.bench.degradations import CLEAN, Degrade, variants
from tests.bench.heard import Ear
from tests.bench.trials import DIALOGUES, Legs, findings, folders, legs, voices_swapped
from tests.spoken.clips import Samples, clip
from tests.spoken.tables import UNSEEN, calls

SWAPPED = "voices swapped"


@dataclass(frozen=True, slots=True)
class Trial:
    """One dialogue with one damage."""

    dialogue: Dialogue
    variant: str


def judged(trial: Trial, cache: Path | None) -> list[Outcome]:
    """The verdicts on it."""
    dialogue = trial.dialogue
    sound = damaged(dialogue, trial.variant)
    found = findings(load_standard(dialogue.standard), dialogue.facts, sound, Ear(cache))
    return compare(dialogue.name, dialogue.expect, found)


def damaged(dialogue: Dialogue, variant: str) -> Legs:
    """How it sounds then."""
    degrade = _degrade(variant)
    agent, caller = legs(dialogue)
    return degrade(agent, _seed(dialogue.agent)), degrade(caller, _seed(dialogue.caller))


def _seed(path: Path) -> int:
    """Each leg has noise of its own."""
    return zlib.crc32(path.name.encode())


def _degrade(variant: str) -> Degrade:
    return _variants().get(variant, lambda sound, seed: sound)


@cache
def _variants() -> dict[str, Degrade]:
    return variants(_talkers())


def _talkers() -> list[Samples]:
    """The sentences of the dialogues that are in the repository, of all voices."""
    return [clip(sentence) for call in calls(UNSEEN) for sentence in call.sentences]


def trials(
    corpora: Sequence[str], swapped_clips: Path | None, names: Sequence[str], scratch: Path
) -> list[Trial]:
    """Every dialogue with every damage that is asked for."""
    places = folders(corpora, scratch)
    found = [Trial(each, name) for name in _variants() for place in places for each in read_corpus(place)]
    for place in places if swapped_clips else ():
        assert swapped_clips is not None
        made = voices_swapped(place, swapped_clips, scratch / f"{place.name}-swapped")
        found += [Trial(each, SWAPPED) for each in read_corpus(made)]
    return [trial for trial in found if not names or trial.variant in names]


def table(results: Iterable[tuple[str, Outcome]]) -> Iterator[str]:
    """Rules against variants, in Markdown: right/unsure/flip; what was passed over stands behind a +."""
    counts: dict[str, dict[str, Counter[Result]]] = {}
    for variant, outcome in results:
        for rule in (outcome.rule, TOTAL):
            counts.setdefault(rule, {}).setdefault(variant, Counter())[outcome.result] += 1
    columns = list(counts.get(TOTAL, {}))
    yield "| rule | " + " | ".join(columns) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for rule in (*KINDS, TOTAL):
        if rule in counts:
            cells = (_cell(counts[rule].get(variant, Counter())) for variant in columns)
            yield f"| {f'`{rule}`' if rule in KINDS else rule} | " + " | ".join(cells) + " |"


TOTAL = "all"


def _cell(count: Counter[Result]) -> str:
    other = f"+{count[Result.OTHER]}" if count[Result.OTHER] else ""
    return f"{count[Result.RIGHT]}/{count[Result.UNSURE]}/{count[Result.FLIP]}{other}"


def line(variant: str, outcome: Outcome) -> str:
    """What is not right, and why."""
    finding = outcome.finding
    heard = f"「{finding.heard}」 {finding.why}" if finding else ""
    return (
        f"{outcome.result:6} {variant:16} {outcome.dialogue:16} {outcome.rule:20} "
        f"{wanted_text(outcome.wanted)} -> {outcome.given} {heard}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="*", default=[str(DIALOGUES)])
    parser.add_argument("--cache", type=Path, help="keep what was heard in this folder")
    parser.add_argument("--swapped", type=Path, help="clips of the same dialogues in each other's voices")
    parser.add_argument("--variant", nargs="*", default=[], help=f"only these, for example {CLEAN!r}")
    parser.add_argument("--workers", type=int, default=2, help="processes that listen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tried = trials(options.corpus, options.swapped, options.variant, Path(scratch))
        with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
            found = pool.map(judged, tried, repeat(options.cache))
            results = [
                (trial.variant, each) for trial, outs in zip(tried, found, strict=True) for each in outs
            ]
    print(*table(results), "", sep="\n")
    print(*(line(*each) for each in results if each[1].result is not Result.RIGHT), sep="\n")


if __name__ == "__main__":
    main()
