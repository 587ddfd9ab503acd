"""What recognition costs, how soon a call is judged, and what resampling does.

python -m tests.bench.bench_recognition [--part cost|verdict|rate] [--folder DIR] [--calls 1 5 20]

`cost`: CPU seconds a second of sound, of the whole pipeline (both passes on the agent's side, voice activity,
levels) beside Vosk alone on the same sound, and the legs that a core carries live. `verdict`: seconds from
the hang-up to the verdict, of calls whose recordings grew in real time and ended at once. `rate`: character
errors at 8 kHz as it is, and resampled to 16 kHz before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import vosk
from sqlalchemy import Engine
from sqlmodel import select

from callcenter.judging.judging import spot_phrases
from callcenter.scribe.role import Scribe
from callcenter.settings import Settings
from callcenter.standards import load_standard
from callcenter.store.engine import make_engine, session
from callcenter.store.migrate import upgrade
from callcenter.store.tables import Call, Job, Recording
from tests.bench.bench_characters import edits, sounds
from tests.speech import DIALOGUES, recogniser, speech_model, wav
from tests.unit.scribe.rows import call, leg, recording
from transcripts.audio import Audio
from transcripts.decoding import read_sound, resampled
from transcripts.dither import dithered
from transcripts.listening import Listener, to_samples

P = ParamSpec("P")
T = TypeVar("T")

SPEECH = 0.5
"""The share of a leg that is speech, below which its call is one with pauses."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds on one leg, and its seconds of sound and of what the gate let through."""

    name: str
    seconds: float
    decoded: float
    raw: float
    pipeline: float


def legs(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*.agent.wav")):
        name = path.name.removesuffix(".agent.wav")
        yield f"{name} agent", path
        yield f"{name} caller", folder / f"{name}.caller.wav"


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


def whole(audio: Audio, phrases: Sequence[str]) -> Listener:
    """The pipeline, fed as a recording grows."""
    listener, samples = Listener(recogniser(), audio.rate, phrases), to_samples(audio)
    step = audio.rate // 2
    for at in range(0, len(samples), step):
        listener.feed(samples[at : at + step])
    listener.finish()
    return listener


def costs(folder: Path) -> None:
    model, phrases = vosk.Model(str(speech_model())), spot_phrases(load_standard("vanke"))
    found = []
    for name, path in legs(folder):
        audio = read_sound(path)
        alone, _ = cpu(raw, audio, model)
        ours, listener = cpu(whole, audio, phrases if name.endswith("agent") else [])
        found.append(Cost(name, audio.duration, listener.decoded, alone, ours))
    dense = [each for each in found if each.decoded >= SPEECH * each.seconds]
    pauses = [each for each in found if each.decoded < SPEECH * each.seconds]
    print("| legs | seconds | decoded | Vosk alone | pipeline | ratio | live legs a core |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for title, part in (("more speech than not", dense), ("with pauses", pauses), ("all", found)):
        _print_cost(title, part)


def _print_cost(title: str, part: Sequence[Cost]) -> None:
    seconds, decoded = sum(each.seconds for each in part), sum(each.decoded for each in part)
    alone, ours = sum(each.raw for each in part), sum(each.pipeline for each in part)
    if part:
        figures = (
            f"{alone / seconds:.3f} | {ours / seconds:.3f} | {ours / alone:.2f} | {seconds / ours:.1f} |"
        )
        print(f"| {title} ({len(part)}) | {seconds:.0f} | {decoded / seconds:.0%} | {figures}")


def rates(folder: Path) -> None:
    model = vosk.Model(str(speech_model()))
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


# -- from hang-up to verdict ------------------------------------------------------------------------------


async def verdicts(calls: int, folder: Path, *, live: bool) -> list[float]:
    """Seconds of each call from its end to its verdict; `live`: the scribe was there while they lasted."""
    upgrade(f"sqlite:///{folder / 'bench.db'}")
    engine = make_engine(f"sqlite:///{folder / 'bench.db'}")
    settings = Settings(data=folder, scribe={"model": str(speech_model()), "workers": 1})
    stop, awake = asyncio.Event(), asyncio.Event()
    scribe = Scribe(settings, engine, recorded=awake)
    ids = [f"c{number}" for number in range(calls)]
    _begin(engine, folder / "recordings", ids)
    serving = asyncio.create_task(scribe.run(stop))
    if live:
        await _grow(folder / "recordings", ids)
    _end(engine, folder / "recordings", ids)
    ended = time.monotonic()
    awake.set()
    done: dict[str, float] = {}
    while len(done) < calls:
        for id in _judged(engine):
            done.setdefault(id, time.monotonic() - ended)
        await asyncio.sleep(0.05)
    stop.set()
    await serving
    engine.dispose()
    if scribe.following.given_way:
        print(f"  {scribe.following.given_way} of {2 * calls} recordings gave way")
    return sorted(done.values())


def _begin(engine: Engine, folder: Path, ids: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    for id in ids:
        with session(engine) as db:
            db.add(call(id, outcome=None, ended_at=None))
            db.flush()
            db.add_all([leg(id, "caller", 0), leg(id, "agent", 1)])
            db.flush()
            for role in ("caller", "agent"):
                growing = recording(id, role, f"{id}.{role}.wav")
                growing.finished = False
                db.add(growing)
                (folder / growing.path).write_bytes(b"")


async def _grow(folder: Path, ids: Sequence[str]) -> None:
    """A second of each recording every second, as the switchboard would write it."""
    sounds = {role: wav("repair-good", role).read_bytes() for role in ("caller", "agent")}
    began = time.monotonic()
    for second in range(1, max(map(len, sounds.values())) // 8000 + 1):
        for id in ids:
            for role, sound in sounds.items():
                (folder / f"{id}.{role}.wav").write_bytes(sound[: second * 8000])
        await asyncio.sleep(max(0.0, began + second - time.monotonic()))


def _end(engine: Engine, folder: Path, ids: Sequence[str]) -> None:
    for id in ids:
        for role in ("caller", "agent"):
            (folder / f"{id}.{role}.wav").write_bytes(wav("repair-good", role).read_bytes())
    with session(engine) as db:
        for id in ids:
            for role in ("caller", "agent"):
                row = db.get_one(Recording, f"{id}-{role}-recording")
                row.finished, row.duration_seconds = True, 32.0
            db.get_one(Call, id).outcome = "answered"
            db.add(Job(call_id=id, created_at=datetime.now(UTC)))


def _judged(engine: Engine) -> list[str]:
    with session(engine) as db:
        return list(db.scalars(select(Job.call_id).where(Job.state == "done")))


def _print_verdicts(calls: Sequence[int]) -> None:
    print("| calls ended at once | listened to | p50 s | p95 s |\n| --- | --- | --- | --- |")
    for number in calls:
        for live in (True, False):
            with tempfile.TemporaryDirectory() as folder:
                found = asyncio.run(verdicts(number, Path(folder), live=live))
            late = found[min(len(found) - 1, round(0.95 * len(found)))]
            how = "while they lasted" if live else "afterwards"
            print(f"| {number} | {how} | {statistics.median(found):.1f} | {late:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--part", choices=("cost", "verdict", "rate"))
    parser.add_argument("--folder", type=Path, default=DIALOGUES)
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 5, 20])
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    parts: dict[str, Callable[[], None]] = {
        "cost": partial(costs, args.folder),
        "rate": partial(rates, args.folder),
        "verdict": partial(_print_verdicts, args.calls),
    }
    for name, run in parts.items():
        if args.part in (None, name):
            print(f"\n{name}")
            run()
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
