"""Fits a standard's thresholds on spoken dialogues, and shows how much room they leave.

    python -m tests.bench.fit_thresholds [FOLDER] [--cache FILE]

Every dialogue is heard as it is, and again softer, in noise, faster, and with the wanted
phrase cut out, which must never pass. Recognition is done once a variant; then each combination of
thresholds is judged. A combination is right where no pass is called fail and no fail pass; among those,
fewest `unsure` wins.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import random
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from callcenter.domain.findings import Verdict
from callcenter.domain.standards import OpeningRule, Standard, Thresholds
from callcenter.judging.facts import parse_facts
from callcenter.judging.judging import spot_phrases
from callcenter.standards import load_standard
from tests.judged import judged
from tests.speech import DIALOGUES, dialogue, facts, recogniser
from transcripts.audio import Audio, read_wav
from transcripts.recogniser import Word

SPOKEN = {
    "closing-missing": "高卫物业",
    "hold-good": "融创物业",
    "hold-too-long": "海逸长洲",
    "rude": "物业客服中心",
}
"""What the agents of other standards call themselves; everyone else says 万科物业."""
WRONG = ("金科物业", "绿城物业")
RULES = ("opening", "anything_else", "closing")


@dataclass(frozen=True)
class Heard:
    """One variant of one dialogue, recognised, with the verdicts a careful human gives."""

    name: str
    standard: Standard
    spoken: dict[str, object]
    agent: list[Word]
    caller: list[Word]
    spotted: list[Word]
    seconds: float
    expect: dict[str, str]


def gain(audio: Audio, factor: float) -> Audio:
    return _each(audio, lambda sample: sample * factor)


def noisy(audio: Audio, ratio: float, seed: int) -> Audio:
    """White noise, `ratio` dB below the speech (its loudest tenth)."""
    loud = sorted(abs(sample) for sample in audio.samples)[-len(audio.samples) // 10 :]
    level = sum(loud) / len(loud) / 10 ** (ratio / 20)
    source = random.Random(seed)
    return _each(audio, lambda sample: sample + source.gauss(0.0, level))


def faster(audio: Audio, factor: float) -> Audio:
    """Speed and pitch by `factor`, with linear interpolation."""
    source = audio.samples
    positions = (index * factor for index in range(int((len(source) - 1) / factor)))
    return Audio(
        array("h", [_between(source[int(at)], source[int(at) + 1], at - int(at)) for at in positions]),
        audio.rate,
    )


def without(audio: Audio, start: float, end: float) -> Audio:
    """The sound with `start` to `end` seconds silenced."""
    first, last = int(start * audio.rate), int(end * audio.rate)
    silence = array("h", bytes(2 * (last - first)))
    return Audio(audio.samples[:first] + silence + audio.samples[last:], audio.rate)


def _between(a: int, b: int, part: float) -> int:
    return round(a + (b - a) * part)


def _each(audio: Audio, change: Callable[[float], float]) -> Audio:
    samples = [max(-32768, min(32767, round(change(sample)))) for sample in audio.samples]
    return Audio(array("h", samples), audio.rate)


VARIANTS: dict[str, Callable[[Audio], Audio]] = {
    "plain": lambda audio: audio,
    "soft": lambda audio: gain(audio, 0.15),
    "noise-20": lambda audio: noisy(audio, 20, 1),
    "noise-12": lambda audio: noisy(audio, 12, 2),
    "fast": lambda audio: faster(audio, 1.12),
}


def hear(folder: Path) -> Iterator[Heard]:
    """All variants of all dialogues of a folder."""
    for path in sorted(folder.glob("*.json")):
        spoken = dialogue(path.stem, folder)
        said = SPOKEN.get(path.stem, "万科物业")
        agent = read_wav(folder / f"{path.stem}.agent.wav")
        caller = recogniser().transcribe(read_wav(folder / f"{path.stem}.caller.wav"))
        expect = {rule: spoken["expect"][rule] for rule in RULES if rule in spoken["expect"]}
        for variant, change in VARIANTS.items():
            sound = change(agent)
            words = recogniser().transcribe(sound)
            scale = sound.duration / agent.duration
            there = [replace(word, start=word.start * scale, end=word.end * scale) for word in caller]
            name = f"{path.stem}/{variant}"
            yield _heard(name, named(said), spoken, words, there, sound, expect)
            for wrong in WRONG if variant == "plain" else ():
                other = {**expect, "opening": "fail"}
                yield _heard(f"{name}/{wrong}", named(wrong), spoken, words, there, sound, other)
            if variant == "plain":
                yield from cut(name, named(said), spoken, words, there, sound, expect)


def cut(
    name: str,
    standard: Standard,
    spoken: dict[str, object],
    words: list[Word],
    caller: list[Word],
    sound: Audio,
    expect: dict[str, str],
) -> Iterator[Heard]:
    """Each wanted phrase silenced in turn, where it was heard: its rule must not pass any more."""
    spotted = recogniser().spot(sound, spot_phrases(standard))
    for finding in judged(standard, parse_facts(facts(spoken)), words, caller, (), sound.duration, spotted):
        if finding.rule not in RULES or finding.verdict is not Verdict.PASS:
            continue
        assert finding.start is not None and finding.end is not None
        spans = {"whole": (finding.start, finding.end)}
        if finding.rule == "opening":
            middle = next(word.end for word in words if word.text in ("您好", "你好"))
            spans |= {"greeting": (finding.start, middle), "name": (middle, finding.end)}
        for part, (start, end) in spans.items():
            silenced = without(sound, start, end)
            changed = {**expect, finding.rule: "fail"}
            heard = recogniser().transcribe(silenced)
            yield _heard(
                f"{name}/no {finding.rule} {part}", standard, spoken, heard, caller, silenced, changed
            )


def named(name: str) -> Standard:
    """The standard vanke, for a company of another name."""
    standard = load_standard("vanke")
    opening = standard.rule("opening")
    assert isinstance(opening, OpeningRule)
    rivals = (*opening.rivals, *opening.names)
    changed = replace(opening, names=(name,), rivals=tuple(each for each in rivals if each != name))
    return replace(
        standard, rules=tuple(changed if rule.id == "opening" else rule for rule in standard.rules)
    )


def _heard(
    name: str,
    standard: Standard,
    spoken: dict[str, object],
    words: list[Word],
    caller: list[Word],
    sound: Audio,
    expect: dict[str, str],
) -> Heard:
    spotted = recogniser().spot(sound, spot_phrases(standard))
    return Heard(name, standard, spoken, words, caller, spotted, sound.duration, expect)


def score(cases: list[Heard], limits: Thresholds | None) -> tuple[Counter[str], list[str]]:
    """How often right, wrong and unsure, and a line for each case that is not right."""
    counts: Counter[str] = Counter()
    lines = []
    for case in cases:
        standard = replace(case.standard, thresholds=limits) if limits else case.standard
        facts_ = parse_facts(facts(case.spoken))
        found = judged(standard, facts_, case.agent, case.caller, (), case.seconds, case.spotted)
        for finding in found:
            wanted = case.expect.get(finding.rule)
            if wanted is None or finding.verdict is Verdict.NOT_APPLICABLE:
                continue
            result = "right" if finding.verdict == wanted else "wrong"
            result = "unsure" if finding.verdict is Verdict.UNSURE else result
            counts[result] += 1
            if result != "right":
                lines.append(
                    f"{result:6} {case.name} {finding.rule} wanted {wanted}: {finding.heard} ({finding.why})"
                )
    return counts, lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DIALOGUES)
    parser.add_argument("--cache", type=Path, help="keep what was recognised in this file")
    options = parser.parse_args()
    if options.cache and options.cache.exists():
        cases: list[Heard] = pickle.loads(options.cache.read_bytes())
    else:
        cases = list(hear(options.folder))
        if options.cache:
            options.cache.write_bytes(pickle.dumps(cases))
    counts, lines = score(cases, None)
    print(f"{len(cases)} cases, as the standard has it: {dict(counts)}", *lines, sep="\n")
    grid = itertools.product(
        (0.1, 0.15, 0.2, 0.25, 0.3), (0.35, 0.4, 0.45, 0.5, 0.55, 0.6), (0.05, 0.12, 0.2)
    )
    results = []
    for sure, absent, spot in grid:
        counts, _ = score(cases, Thresholds(sure, absent, spot))
        results.append((counts["wrong"], counts["unsure"], sure, absent, spot))
    for wrong, unsure, sure, absent, spot in sorted(results)[:20]:
        print(f"wrong {wrong:3} unsure {unsure:3}  sure {sure:.2f} absent {absent:.2f} spot {spot:.2f}")


if __name__ == "__main__":
    main()
