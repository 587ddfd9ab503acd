"""What recognition costs on one core, beside Vosk alone on the same sound.

    python -m tests.bench.bench_recognition [FOLDER …] [--runs N] [--rate]

A FOLDER is laid out like `../shared/speech/dialogues`; `unseen` are those put together out of the clips under
tests/data/spoken. Each leg is read as the scribe's worker reads it while it grows: the free pass, on the
agent's side the narrow one with the standard's phrases, the second hearing with the lexicon's, voice activity
and levels; with it is counted what is made of the words to be read, and on the agent's side the judging.
CPU seconds, so that what else the machine does matters little; of several runs the least. Each run begins
with a worker that has heard nothing, and every recording is another: none is heard twice by one worker.

`--rate`: instead, the character errors at 8 kHz as it is, and resampled to 16 kHz before.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

import vosk

from callcenter.corpus.dialogues import Dialogue
from callcenter.judging.judging import judge, spot_phrases
from callcenter.scribe.ears import Ears
from callcenter.scribe.judge_files import case_of
from callcenter.standards import load_standard
from tests.bench.bench_characters import edits, sounds
from tests.bench.trials import corpora, dialogues
from tests.speech import speech_model
from transcripts.activity import Gate
from transcripts.audio import Audio
from transcripts.decoding import read_sound, resampled
from transcripts.dither import dithered
from transcripts.lexicon import Lexicon, load_lexicon
from transcripts.listening import to_samples
from transcripts.readable import as_written
from transcripts.transcript import Transcript, from_plain
from transcripts.vosk_engine import VoskRecogniser

P = ParamSpec("P")
T = TypeVar("T")

STEP = 0.5
"""Seconds between two looks at a recording that grows."""
SPEECH = 0.5
"""The share of a leg that is speech, below which its call is one with pauses."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds on one leg, and its seconds of sound and of what the gate let through."""

    seconds: float
    decoded: float
    raw: float
    pipeline: float


def cpu(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> tuple[float, T]:
    """CPU seconds, and what came of it."""
    began = time.process_time()
    made = work(*args, **named)
    return time.process_time() - began, made


def raw(audio: Audio, model: vosk.Model) -> str:
    """Vosk by itself, as its examples use it."""
    alone = vosk.KaldiRecognizer(model, float(audio.rate))
    alone.SetWords(True)
    data, step = dithered(to_samples(audio)).tobytes(), audio.rate // 2
    chunks = (data[at : at + step] for at in range(0, len(data), step))
    parts = [json.loads(alone.Result())["text"] for chunk in chunks if alone.AcceptWaveform(chunk)]
    return "".join([*parts, json.loads(alone.FinalResult())["text"]]).replace(" ", "")


def heard(ears: Ears, path: Path, phrases: Sequence[str], lexicon: Lexicon) -> Transcript:
    """One leg, as the worker reads it while it grows, and what people read of it."""
    asked = {"listen": str(path), "path": str(path), "phrases": list(phrases), "most": STEP}
    while ears.answer({**asked, "complete": False})["waiting"] >= STEP:
        pass
    while "transcript" not in (answer := ears.answer({**asked, "complete": True})):
        pass
    transcript = from_plain(answer["transcript"])
    as_written(transcript.words, transcript.second, lexicon.names)
    return transcript


def costs(dialogue: Dialogue, ears: Ears, lexicon: Lexicon, model: vosk.Model) -> list[Cost]:
    """Of the agent's leg, with the judging, and of the caller's."""
    standard = load_standard(dialogue.standard)
    legs = [(dialogue.agent, spot_phrases(standard)), (dialogue.caller, [])]
    read = [cpu(heard, ears, path, phrases, lexicon) for path, phrases in legs]
    (_, agent), (_, caller) = read
    case = case_of(standard, dialogue.facts, agent, caller)
    judging, _ = cpu(judge, case)
    found = []
    for (path, _), (ours, _), more in zip(legs, read, (judging, 0.0), strict=True):
        audio = read_sound(path)
        alone, _ = cpu(raw, audio, model)
        found.append(Cost(audio.duration, _let_through(audio), alone, ours + more))
    return found


def _let_through(audio: Audio) -> float:
    gate = Gate(audio.rate)
    pieces = [*gate.feed(to_samples(audio)), *gate.finish()]
    return sum(len(piece.samples) for piece in pieces) / audio.rate


def run(calls: Sequence[Dialogue], model: vosk.Model) -> list[Cost]:
    """The legs one after the other, by a worker that begins with the first."""
    lexicon = load_lexicon()
    ears = Ears(VoskRecogniser(speech_model(), lexicon.listened_for()))
    return [cost for call in calls for cost in costs(call, ears, lexicon, model)]


def least(runs: Sequence[Sequence[Cost]]) -> list[Cost]:
    """Of each leg, in the order of the calls."""
    return [
        Cost(each[0].seconds, each[0].decoded, min(c.raw for c in each), min(c.pipeline for c in each))
        for each in zip(*runs, strict=True)
    ]


def print_costs(found: Sequence[Cost]) -> None:
    dense = [each for each in found if each.decoded >= SPEECH * each.seconds]
    pauses = [each for each in found if each.decoded < SPEECH * each.seconds]
    print("| legs | seconds | decoded | Vosk alone | pipeline | ratio | live legs a core |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    parts = (
        ("the first call of a worker", found[:2]),
        ("more speech than not", dense),
        ("with pauses", pauses),
    )
    for title, part in (*parts, ("all", found)):
        _print_cost(title, part)


def _print_cost(title: str, part: Sequence[Cost]) -> None:
    seconds, decoded = sum(each.seconds for each in part), sum(each.decoded for each in part)
    alone, ours = sum(each.raw for each in part), sum(each.pipeline for each in part)
    if part:
        figures = (
            f"{alone / seconds:.3f} | {ours / seconds:.3f} | {ours / alone:.2f} | {seconds / ours:.1f} |"
        )
        print(f"| {title} ({len(part)}) | {seconds:.0f} | {decoded / seconds:.0%} | {figures}", flush=True)


def print_rates(folder: Path, model: vosk.Model) -> None:
    print("| sound | character errors |\n| --- | --- |")
    for rate in (8000, 16000):
        wrong = length = 0
        for path, _, _, said in sounds(folder):
            audio = read_sound(path)
            if audio.rate == 8000:
                changed = Audio(resampled(audio.samples, audio.rate, rate), rate)
                wrong += edits(said, raw(changed, model))
                length += len(said)
        print(f"| {rate} Hz | {wrong / length:.4f} ({wrong} of {length}) |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER", default=corpora())
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--rate", action="store_true")
    args = parser.parse_args()
    model = vosk.Model(str(speech_model()))
    print(f"recognition, {datetime.now(UTC):%Y-%m-%d}, {speech_model().name}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before")
    with tempfile.TemporaryDirectory() as scratch:
        calls = dialogues(args.folders, Path(scratch))
        if args.rate:
            for folder in sorted({call.agent.parent for call in calls}):
                print_rates(folder, model)
        else:
            print_costs(least([run(calls, model) for _ in range(args.runs)]))
    print(f"load average {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
