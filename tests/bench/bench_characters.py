"""The character error rate of what people read, beside that of the raw recogniser.

    python -m tests.bench.bench_characters [FOLDER] [--names NAME …] [--brief] [--cache FILE]

Each leg is heard freely, and by the second hearing with the lexicon's phrases. Characters are counted as
they were spoken, before numbers become digits, without punctuation. Beside the dialogues: sentences of
real people, of other matters (`../shared/speech/human`), which must not get worse. `raw` is what the engine
wrote by itself; of each speaker it is shown what was said, and what is read (what was heard in brackets).
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.speech import DIALOGUES, recogniser
from transcripts.decoding import read_sound
from transcripts.lexicon import Lexicon, load_lexicon
from transcripts.pieces import Piece, text_of
from transcripts.readable import as_spoken
from transcripts.recogniser import Word
from transcripts.utterances import join_text

SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "speech"
HUMAN = {
    "aishell-BAC009S0724W0121": "广州市房地产中介协会分析",
    "mid": "大学生利用漏洞免费吃肯德基获刑",
    "long": "富士康在印度工厂出现大规模感染目前工厂产量下降超百分之五十",
    "asr_example": "欢迎大家来体验达摩院推出的语音识别模型",
}
NAMES = ("海逸长洲",)
"""What the desks of the dialogues call themselves, beside the lexicon's names."""


@dataclass(frozen=True)
class Said:
    """One speaker of one recording: what was said, and both hearings."""

    name: str
    speaker: str
    wanted: str
    words: list[Word]
    second: list[Word]


def characters(text: str) -> str:
    return "".join(each for each in text if each.isalnum())


def edits(wanted: str, got: str) -> int:
    """Characters to be put in, taken out or changed (Levenshtein)."""
    row = list(range(len(got) + 1))
    for number, character in enumerate(wanted, start=1):
        above, row = row, [number]
        for column, other in enumerate(got):
            row.append(min(above[column] + (character != other), above[column + 1] + 1, row[-1] + 1))
    return row[-1]


def sounds(folder: Path) -> Iterator[tuple[Path, str, str, str]]:
    """Each file with its name, its speaker and what is said in it."""
    for path in sorted(folder.glob("*.json")):
        timeline = json.loads(path.read_text("utf-8"))["timeline"]
        for leg in ("agent", "caller"):
            said = "".join(part["text"] for part in timeline if part["leg"] == leg)
            yield folder / f"{path.stem}.{leg}.wav", path.stem, leg, characters(said)
    for name, said in HUMAN.items():
        path = SHARED / "human" / f"{name}.wav"
        if path.is_file():
            yield path, name, "human", said


def hear(folder: Path, lexicon: Lexicon, cache: Path | None) -> list[Said]:
    """Everything heard twice, or taken from the cache."""
    known: dict[str, tuple[list[Word], list[Word]]] = {}
    if cache and cache.is_file():
        known = pickle.loads(cache.read_bytes())
    found = []
    for path, name, speaker, wanted in sounds(folder):
        if path.name not in known:
            audio = read_sound(path)
            second = recogniser().spot(audio, lexicon.listened_for())
            known[path.name] = recogniser().transcribe(audio), second
            if cache:
                cache.write_bytes(pickle.dumps(known))
        found.append(Said(name, speaker, wanted, *known[path.name]))
    return found


def report(said: list[Said], lexicon: Lexicon, *, words: bool) -> None:
    """A table: characters, errors raw and ours, of each speaker of each recording and of all."""
    totals: dict[str, list[int]] = {}
    print("| recording | speaker | characters | raw | ours |\n| --- | --- | --- | --- | --- |")
    for each in said:
        pieces = [piece for _, read in as_spoken(each.words, each.second, lexicon.names) for piece in read]
        raw, ours = (edits(each.wanted, text) for text in (join_text(each.words), text_of(pieces)))
        print(f"| {each.name} | {each.speaker} | {len(each.wanted)} | {raw} | {ours} |")
        if words:
            print(f"    said  {each.wanted}\n    shown {shown(pieces)}")
        kind = "human sentences" if each.speaker == "human" else "dialogues"
        total = totals.setdefault(kind, [0, 0, 0])
        for index, count in enumerate((len(each.wanted), raw, ours)):
            total[index] += count
    for kind, (count, raw, ours) in totals.items():
        print(f"| {kind} | all | {count} | {raw / count:.4f} | {ours / count:.4f} |")


def shown(pieces: list[Piece]) -> str:
    """What is read, with what was heard in brackets where it differs."""
    return " ".join(f"{each.text}({each.heard})" if each.changed else each.text for each in pieces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    visible = SHARED / "dialogues"
    parser.add_argument("folder", nargs="?", type=Path, default=visible if visible.is_dir() else DIALOGUES)
    parser.add_argument("--names", nargs="*", default=NAMES, help="the desks' names")
    parser.add_argument("--brief", action="store_true", help="do not show the words of each speaker")
    parser.add_argument("--cache", type=Path, help="keep what was recognised in this file")
    options = parser.parse_args()
    lexicon = load_lexicon().extended(options.names)
    report(hear(options.folder, lexicon, options.cache), lexicon, words=not options.brief)


if __name__ == "__main__":
    main()
