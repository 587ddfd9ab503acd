"""Dialogues of a corpus as sound that can be changed, heard and judged anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from callcenter.corpus.dialogues import Dialogue, read_corpus
from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.judging import judge, spot_phrases
from callcenter.scribe.judge_files import case_of
from prompts.g711 import alaw_to_linear
from prompts.wav import read_alaw
from tests import speech
from tests.bench.heard import RATE, Ear
from tests.spoken.clips import Samples
from tests.spoken.compose import write
from tests.spoken.tables import UNSEEN, calls, swapped

DIALOGUES = Path(__file__).parent.parent.parent.parent / "shared" / "speech" / "dialogues"
"""The visible corpus, beside the checkout."""

Legs = tuple[Samples, Samples]
"""What the agent says, and what the caller says."""


def corpora() -> list[str]:
    """What a bench reads that is told nothing: the visible corpus, or without it the demo's, and `unseen`."""
    return [str(DIALOGUES if DIALOGUES.is_dir() else speech.DIALOGUES), "unseen"]


def folders(corpora: Sequence[str], scratch: Path) -> list[Path]:
    """The folders of corpora; `unseen` is put together in `scratch` out of its clips."""
    return [_unseen(scratch / name) if name == "unseen" else Path(name) for name in corpora]


def dialogues(corpora: Sequence[str], scratch: Path) -> list[Dialogue]:
    """All dialogues of some corpora."""
    return [dialogue for folder in folders(corpora, scratch) for dialogue in read_corpus(folder)]


def _unseen(folder: Path) -> Path:
    folder.mkdir()
    for call in calls(UNSEEN):
        write(folder, call.name, call.spoken(), call.described)
    return folder


def voices_swapped(folder: Path, clips: Path, made: Path) -> Path:
    """The same dialogues with the parties' voices exchanged, put together in `made` out of `clips`."""
    made.mkdir()
    for path in sorted(folder.glob("*.json")):
        call = swapped(json.loads(path.read_text("utf-8")))
        write(made, call.name, call.spoken(clips), call.described)
    return made


def legs(dialogue: Dialogue) -> Legs:
    """How it sounds."""
    agent, caller = (alaw_to_linear(read_alaw(path)) for path in (dialogue.agent, dialogue.caller))
    return agent, caller


def findings(standard: Standard, facts: JudgeFacts, sound: Legs, ear: Ear) -> list[Finding]:
    """What the standard says of it."""
    heard = ear.hear(sound[0], spot_phrases(standard)), ear.hear(sound[1])
    return judge(case_of(standard, facts, *heard))


def silenced(sound: Legs, start: float, end: float) -> Legs:
    """The agent says nothing from `start` to `end` seconds."""
    agent = sound[0].copy()
    agent[round(start * RATE) : round(end * RATE)] = 0.0
    return agent, sound[1]


def spliced(sound: Legs, start: float, end: float) -> Legs:
    """The time from `start` to `end` seconds is taken out of both legs, as if it had not been."""
    cut = slice(round(start * RATE), round(end * RATE))
    return np.delete(sound[0], cut), np.delete(sound[1], cut)


def sooner(facts: JudgeFacts, start: float, end: float) -> JudgeFacts:
    """The facts of a call out of which that time was taken."""

    def moved(second: float) -> float:
        return second - max(0.0, min(second, end) - start)

    return replace(facts, holds=tuple((moved(first), moved(last)) for first, last in facts.holds))
