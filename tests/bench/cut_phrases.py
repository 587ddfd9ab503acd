"""Cuts each phrase that made a rule pass out of its dialogue; the pass must turn into a fail.

    python -m tests.bench.cut_phrases [CORPUS …] [--cache DIR]

Every phrase is cut twice: silenced on the agent's leg, and spliced out of the time of both. Prints how often
the rule then fails, is unsure, passes all the same (leniency), or has nothing left to judge; and a line for
each that does not fail. Rules that no phrase decides are not cut. What the caller told is taken as not on
record where it is judged whether it was asked for: else nothing said would matter.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from callcenter.corpus.dialogues import Dialogue
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.standards import (
    KINDS,
    CollectRule,
    OpeningRule,
    PhraseRule,
    PromiseRule,
    RepeatRule,
    Standard,
)
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.judging import spot_phrases
from callcenter.standards import load_standard
from tests.bench.heard import Ear
from tests.bench.trials import DIALOGUES, Legs, dialogues, findings, legs, silenced, sooner, spliced
from transcripts.recogniser import Word

SPOKEN = (OpeningRule, PhraseRule, CollectRule, RepeatRule, PromiseRule)
"""The kinds of rules that what the agent says makes pass."""
MARGIN = 0.08
"""Seconds cut before and after what was heard: an engine's times are good to 30 ms and often late."""
WAYS = ("silenced", "spliced")
GREETINGS = ("您好", "你好")


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of a rule that passed, after `part` of what made it pass was cut in some way."""

    dialogue: str
    rule: str
    part: str
    way: str
    start: float
    end: float
    finding: Finding | None

    @property
    def verdict(self) -> str:
        return self.finding.verdict.value if self.finding else "none"


def cuts(dialogue: Dialogue, cache: Path | None, ways: Sequence[str]) -> list[Cut]:
    """Every phrase of a dialogue that made a rule pass, cut out in each of the ways."""
    standard, ear = load_standard(dialogue.standard), Ear(cache)
    made = []
    for cut, sound, facts in cut_sounds(dialogue, standard, ear):
        if cut.way not in ways:
            continue
        found = {each.rule: each for each in findings(standard, facts, sound, ear)}
        made.append(replace(cut, finding=found.get(cut.rule)))
    return made


def cut_sounds(dialogue: Dialogue, standard: Standard, ear: Ear) -> Iterator[tuple[Cut, Legs, JudgeFacts]]:
    """The sound that each cut leaves, and the facts of such a call; not judged yet."""
    sound = legs(dialogue)
    words = ear.hear(sound[0], spot_phrases(standard)).words
    for facts, finding in _passed(dialogue, standard, sound, ear):
        for part, first, last in _spans(finding, words):
            start, end = max(0.0, first - MARGIN), last + MARGIN
            cut = Cut(dialogue.name, finding.rule, part, "silenced", start, end, None)
            yield cut, silenced(sound, start, end), facts
            yield replace(cut, way="spliced"), spliced(sound, start, end), sooner(facts, start, end)


def _passed(
    dialogue: Dialogue, standard: Standard, sound: Legs, ear: Ear
) -> Iterator[tuple[JudgeFacts, Finding]]:
    """The findings of rules that passed by what was said, each with the facts that it is judged by."""
    for facts in (dialogue.facts, unrecorded(dialogue.facts)):
        for finding in findings(standard, facts, sound, ear):
            rule = standard.rule(finding.rule)
            asked = isinstance(rule, CollectRule) == (facts is not dialogue.facts)
            if finding.verdict is Verdict.PASS and isinstance(rule, SPOKEN) and asked:
                yield facts, finding


def unrecorded(facts: JudgeFacts) -> JudgeFacts:
    """Nothing that the caller told was written down."""
    return replace(facts, household=None, surname=None, phone=None, number_known=False)


def _spans(finding: Finding, words: Sequence[Word]) -> Iterator[tuple[str, float, float]]:
    """What is cut for a finding: all of its evidence, and of an opening each half."""
    if finding.start is None or finding.end is None:
        return
    yield "all", finding.start, finding.end
    if finding.rule != "opening":
        return
    greeting = next((word for word in words if word.text in GREETINGS), None)
    if greeting is not None and finding.start <= greeting.start < finding.end:
        yield "greeting", greeting.start, greeting.end
        first = greeting.start - finding.start < finding.end - greeting.end
        yield "name", *((greeting.end, finding.end) if first else (finding.start, greeting.start))


def table(made: Sequence[Cut]) -> Iterator[str]:
    """Rules and ways against what became of them, in Markdown."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for cut in made:
        for rule in (cut.rule, "all"):
            counts.setdefault((rule, cut.way), Counter())[cut.verdict] += 1
    yield "| rule | cut | fail | unsure | still pass | nothing to judge |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for rule in (*KINDS, "all"):
        for way in WAYS:
            if count := counts.get((rule, way)):
                nothing = count[Verdict.NOT_APPLICABLE] + count["none"]
                name = f"`{rule}`" if rule in KINDS else rule
                figures = (count[Verdict.FAIL], count[Verdict.UNSURE], count[Verdict.PASS], nothing)
                yield f"| {name} | {way} | " + " | ".join(map(str, figures)) + " |"


def line(cut: Cut) -> str:
    heard = f"「{cut.finding.heard}」 {cut.finding.why}" if cut.finding else ""
    where = f"{cut.start:.2f}-{cut.end:.2f}"
    return f"{cut.verdict:7} {cut.dialogue:16} {cut.rule:18} {cut.part:8} {cut.way:8} {where:12} {heard}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="*", default=[str(DIALOGUES)])
    parser.add_argument("--cache", type=Path, help="keep what was heard in this folder")
    parser.add_argument("--way", nargs="*", choices=WAYS, default=WAYS, help="only these ways to cut")
    parser.add_argument("--workers", type=int, default=2, help="processes that listen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        read = dialogues(options.corpus, Path(scratch))
        with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
            made = [
                cut
                for each in pool.map(cuts, read, repeat(options.cache), repeat(options.way))
                for cut in each
            ]
    print(*table(made), "", sep="\n")
    print(*(line(cut) for cut in made if cut.verdict != Verdict.FAIL), sep="\n")


if __name__ == "__main__":
    main()
