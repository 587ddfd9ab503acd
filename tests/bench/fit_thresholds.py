"""Fits the thresholds of phrases on a corpus, and says how right they are on dialogues left out of the fit.

    python -m tests.bench.fit_thresholds [CORPUS …] [--cache DIR]

Each dialogue is heard as it is, damaged in some ways, judged for companies of other names (the opening must
then fail), and with each wanted phrase cut out (its rule must then fail). Every combination of thresholds
judges all of it: fewest flips wins, then fewest unsure, then the one whose neighbours in the grid do best.
The second table is of each dialogue judged by the thresholds that fit all the others, the third of those
that the handbook has.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from callcenter.corpus.dialogues import Dialogue, Wanted
from callcenter.corpus.outcomes import Result, compare
from callcenter.domain.findings import Verdict
from callcenter.domain.standards import KINDS, OpeningRule, Standard, Thresholds
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.judging import judge, spot_phrases
from callcenter.scribe.hands import Transcript
from callcenter.scribe.judge_files import case_of
from callcenter.standards import load_standard
from tests.bench.bench_judging import damaged
from tests.bench.cut_phrases import SPOKEN, cut_sounds
from tests.bench.degradations import CLEAN
from tests.bench.heard import Ear
from tests.bench.trials import DIALOGUES, Legs, dialogues, legs

VARIANTS = (CLEAN, "white 15 dB", "street 15 dB", "level -12 dB", "5 % packets lost")
WRONG = ("金科物业", "绿城物业")
"""Names that the agents of no dialogue say."""
SURE = (0.1, 0.15, 0.2, 0.25, 0.3)
ABSENT = (0.35, 0.4, 0.45, 0.5, 0.55)
SPOT = (0.05, 0.09, 0.13, 0.18)

SHIPPED = load_standard("handbook").thresholds

Point = tuple[int, int, int]
"""Places in SURE, ABSENT and SPOT."""
GRID = list(itertools.product(range(len(SURE)), range(len(ABSENT)), range(len(SPOT))))


@dataclass(frozen=True, slots=True)
class Sample:
    """A dialogue as it was heard in some way, with the verdicts wanted of rules that a phrase decides."""

    standard: Standard
    facts: JudgeFacts
    agent: Transcript
    caller: Transcript
    expect: Mapping[str, Wanted]


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict wanted and given."""

    rule: str
    wanted: Verdict
    given: str
    result: Result


def limits(point: Point) -> Thresholds:
    return Thresholds(SURE[point[0]], ABSENT[point[1]], SPOT[point[2]])


def samples(dialogue: Dialogue, ear: Ear) -> Iterator[Sample]:
    """Everything that is made of one dialogue."""
    standard = _of_phrases(load_standard(dialogue.standard))
    kept = {rule.id for rule in standard.rules}
    expect = {rule: wanted for rule, wanted in dialogue.expect.items() if rule in kept}
    for variant in VARIANTS:
        yield _sample(standard, dialogue.facts, damaged(dialogue, variant), expect, ear)
    for wrong in WRONG if "opening" in kept else ():
        yield _sample(_named(standard, wrong), dialogue.facts, legs(dialogue), {"opening": Verdict.FAIL}, ear)
    for cut, sound, facts in cut_sounds(dialogue, standard, ear):
        yield _sample(standard, facts, sound, {cut.rule: Verdict.FAIL}, ear)


def _sample(
    standard: Standard, facts: JudgeFacts, sound: Legs, expect: Mapping[str, Wanted], ear: Ear
) -> Sample:
    return Sample(standard, facts, ear.hear(sound[0], spot_phrases(standard)), ear.hear(sound[1]), expect)


def _of_phrases(standard: Standard) -> Standard:
    return replace(standard, rules=tuple(rule for rule in standard.rules if isinstance(rule, SPOKEN)))


def _named(standard: Standard, name: str) -> Standard:
    """The same standard, for a company of another name."""
    changed = []
    for rule in standard.rules:
        if isinstance(rule, OpeningRule):
            rivals = {*rule.rivals, *rule.names} - {name}
            changed.append(replace(rule, names=(name,), rivals=tuple(sorted(rivals))))
    return replace(standard, rules=tuple(changed))


def verdicts(sample: Sample, point: Point) -> list[Judged]:
    """What the thresholds of one point make of it."""
    standard = replace(sample.standard, thresholds=limits(point))
    found = judge(case_of(standard, sample.facts, sample.agent, sample.caller))
    return [
        Judged(each.rule, each.verdict_wanted, each.given, each.result)
        for each in compare("", sample.expect, found)
    ]


def try_all(dialogue: Dialogue, cache: Path | None) -> dict[Point, list[Judged]]:
    """Every point of the grid on one dialogue."""
    made = list(samples(dialogue, Ear(cache)))
    return {point: [each for sample in made for each in verdicts(sample, point)] for point in GRID}


Tried = Mapping[str, Mapping[Point, Sequence[Judged]]]
"""By dialogue."""


def best(tried: Tried) -> Point:
    """The point with the fewest flips, then unsure, then the best neighbours."""
    cost = {point: _cost(each for found in tried.values() for each in found[point]) for point in GRID}
    return min(GRID, key=lambda point: (cost[point], sum(_flat(cost[near]) for near in _around(point))))


def _cost(found: Iterator[Judged]) -> tuple[int, int]:
    count = Counter(each.result for each in found)
    return count[Result.FLIP], count[Result.UNSURE]


def _flat(cost: tuple[int, int]) -> int:
    return 10 * cost[0] + cost[1]


def _around(point: Point) -> list[Point]:
    """The point's neighbours in the grid; at its edge the point stands in for those that are not there."""
    near = []
    for axis, step in itertools.product(range(3), (-1, 1)):
        moved = list(point)
        moved[axis] += step
        at = (moved[0], moved[1], moved[2])
        near.append(at if at in GRID else point)
    return near


def left_out(tried: Tried) -> list[Judged]:
    """The verdicts on each dialogue by the thresholds that fit all the others."""
    found: list[Judged] = []
    for name, results in tried.items():
        others = {other: each for other, each in tried.items() if other != name}
        found += results[best(others)]
    return found


def by(tried: Tried, point: Point) -> list[Judged]:
    """The verdicts on all dialogues by the thresholds of one point."""
    return [each for result in tried.values() for each in result[point]]


def table(found: Sequence[Judged]) -> Iterator[str]:
    """Precision and recall of each verdict by rule, in Markdown. An unsure is a verdict not given."""
    yield "| rule | verdicts | fail: precision | recall | pass: precision | recall | unsure | flips |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for rule in (*KINDS, "all"):
        mine = [each for each in found if rule in (each.rule, "all")]
        if mine:
            figures = [text for verdict in (Verdict.FAIL, Verdict.PASS) for text in _figures(mine, verdict)]
            count = Counter(each.result for each in mine)
            name = f"`{rule}`" if rule in KINDS else rule
            cells = (name, len(mine), *figures, count[Result.UNSURE], count[Result.FLIP])
            yield "| " + " | ".join(str(cell) for cell in cells) + " |"


def _figures(found: Sequence[Judged], verdict: Verdict) -> tuple[str, str]:
    right = sum(each.given == each.wanted == verdict for each in found)
    given = sum(each.given == verdict for each in found)
    wanted = sum(each.wanted == verdict for each in found)
    return _share(right, given), _share(right, wanted)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="*", default=[str(DIALOGUES)])
    parser.add_argument("--cache", type=Path, help="keep what was heard in this folder")
    parser.add_argument("--workers", type=int, default=2, help="processes that listen and judge")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        read = dialogues(options.corpus, Path(scratch))
        with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:
            found = pool.map(try_all, read, repeat(options.cache))
            tried = {each.name: result for each, result in zip(read, found, strict=True)}
    chosen = best(tried)
    print(f"fitted on {len(tried)} dialogues: {limits(chosen)}")
    print("as fitted:", *table(by(tried, chosen)), sep="\n")
    print("each dialogue by the others:", *table(left_out(tried)), sep="\n")
    for point in GRID:
        if limits(point) == SHIPPED:
            print("as the handbook has them:", *table(by(tried, point)), sep="\n")


if __name__ == "__main__":
    main()
