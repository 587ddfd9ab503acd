"""A call of two legs from a table of what is said, in order.

A part is one of these, each with `after`, the seconds since the part before it ended (0.4 unless told; less
than 0: it begins while the other still speaks):

    { agent = "您好", gain = -12, noise = 10, speed = 1.2, cut = [0.0, 0.5] }   or caller = …
    { hold = 18 }       both hear nothing, and the signalling says so
    { silence = 18 }    nobody speaks

`gain` is in dB, `noise` the signal-to-noise ratio in dB within the clip, `cut` from which to which second of
the clip nothing is heard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from prompts.g711 import linear_to_alaw
from prompts.wav import RATE, write_alaw
from tests.spoken.clips import CLIPS, Samples, Sentence, clip

BEFORE = 0.6
"""Seconds of silence before the first word, and after the last."""
GAP = 0.4
FLOOR: Final = 10 ** (-66.0 / 20)
"""RMS of the noise of a quiet line."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A call as it sounds: a leg for each party, and the timeline in seconds as a dialogue's JSON has it."""

    agent: Samples
    caller: Samples
    timeline: tuple[Mapping[str, Any], ...]

    @property
    def seconds(self) -> float:
        return len(self.agent) / RATE


@dataclass(slots=True)
class _Tape:
    """What was laid down so far: (first sample, sound) for each leg, and where the last part ended."""

    end: float = 0.0
    laid: dict[str, list[tuple[int, Samples]]] = field(default_factory=lambda: {"agent": [], "caller": []})
    timeline: list[Mapping[str, Any]] = field(default_factory=list)

    def lay(self, leg: str, start: float, sound: Samples, text: str) -> None:
        self.laid[leg].append((round(start * RATE), sound))
        self.pass_time(leg, start, start + len(sound) / RATE, text=text)

    def pass_time(self, leg: str, start: float, end: float, **more: str) -> None:
        self.end = end
        if leg:
            self.timeline.append({"leg": leg, "start": round(start, 3), "end": round(end, 3), **more})

    def leg(self, name: str, seconds: float) -> Samples:
        length = round(seconds * RATE)
        sound = np.random.default_rng(length).normal(0.0, FLOOR, length)
        for first, part in self.laid[name]:
            sound[first : first + len(part)] += part
        return sound


def compose(
    says: Sequence[Mapping[str, Any]], voices: Mapping[str, str], ends: float = BEFORE, folder: Path = CLIPS
) -> Spoken:
    """The call that the parts make, which ends `ends` seconds after its last sound.

    `voices` names the voice of `agent` and of `caller`.
    """
    tape = _Tape()
    for part in says:
        start = tape.end + float(part.get("after", GAP if tape.timeline else BEFORE))
        leg = next((each for each in ("agent", "caller") if each in part), None)
        if leg is not None:
            tape.lay(
                leg,
                start,
                _sound(part, Sentence(voices[leg], part[leg], part.get("speed", 1.0)), folder),
                part[leg],
            )
        elif "hold" in part:
            tape.pass_time("hold", start, start + part["hold"])
        else:
            tape.pass_time("", start, start + part["silence"])
    seconds = max([tape.end, *(float(each["end"]) for each in tape.timeline)]) + ends
    return Spoken(tape.leg("agent", seconds), tape.leg("caller", seconds), tuple(tape.timeline))


def _sound(part: Mapping[str, Any], sentence: Sentence, folder: Path) -> Samples:
    sound = clip(sentence, folder) * 10 ** (part.get("gain", 0.0) / 20)
    if "noise" in part:
        level = float(np.sqrt(np.mean(sound**2))) * 10 ** (-part["noise"] / 20)
        sound = sound + np.random.default_rng(len(sound)).normal(0.0, level, len(sound))
    if "cut" in part:
        start, end = (round(second * RATE) for second in part["cut"])
        sound = np.concatenate([sound[:start], np.zeros(min(end, len(sound)) - start), sound[end:]])
    return np.asarray(np.clip(sound, -1.0, 1.0))


def sentences(says: Sequence[Mapping[str, Any]], voices: Mapping[str, str]) -> list[Sentence]:
    """Everything that is said in them."""
    return [
        Sentence(voices[leg], part[leg], part.get("speed", 1.0))
        for part in says
        for leg in ("agent", "caller")
        if leg in part
    ]


def write(folder: Path, name: str, spoken: Spoken, described: Mapping[str, Any]) -> None:
    """NAME.agent.wav, NAME.caller.wav and NAME.json, as `callcenter corpus score` reads them."""
    for leg, sound in (("agent", spoken.agent), ("caller", spoken.caller)):
        write_alaw(folder / f"{name}.{leg}.wav", linear_to_alaw(sound))
    value = {**described, "name": name, "seconds": round(spoken.seconds, 3), "timeline": spoken.timeline}
    (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
