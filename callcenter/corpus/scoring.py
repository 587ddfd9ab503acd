"""Every dialogue of a corpus recognised and judged, in as many processes as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from callcenter.corpus.dialogues import CorpusError, Dialogue
from callcenter.corpus.outcomes import Score, compare
from callcenter.domain.findings import Finding
from callcenter.judging.judging import judge, spot_phrases
from callcenter.scribe.judge_files import JudgeError, case_of, read_leg
from callcenter.scribe.worker import NICENESS
from callcenter.standards import load_standard
from transcripts.listening import listen
from transcripts.recogniser import Recogniser
from transcripts.vosk_engine import VoskRecogniser

Progress = Callable[[str, int, int], None]
"""Told which dialogue is done, how many are, and of how many."""

_engine: list[Recogniser] = []
"""A worker process's own."""


def score(
    dialogues: Sequence[Dialogue], model: Path, standard: str | None, workers: int, progress: Progress
) -> Score:
    """What became of every verdict wanted, in the order of the dialogues.

    `standard` judges them all, else each its own. Raises CorpusError, StandardError.
    """
    wanted = {dialogue.name: standard or dialogue.standard for dialogue in dialogues}
    for name in set(wanted.values()):
        load_standard(name)  # what is wrong with it is told before anything is listened to
    found: dict[str, list[Finding]] = {}
    with _pool(model, min(workers, len(dialogues))) as pool:
        jobs = {pool.submit(_judged, each, wanted[each.name]): each for each in dialogues}
        try:
            for job in as_completed(jobs):
                found[jobs[job].name] = job.result()
                progress(jobs[job].name, len(found), len(jobs))
        except JudgeError as error:
            raise CorpusError(str(error)) from None
        except BrokenProcessPool:
            raise CorpusError("a process that listens has died; is there memory for the model?") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return Score([out for each in dialogues for out in compare(each.name, each.expect, found[each.name])])


def cores() -> int:
    """How many processes may run at once on this machine."""
    return len(os.sched_getaffinity(0))


def judge_dialogue(dialogue: Dialogue, standard: str, recogniser: Recogniser) -> list[Finding]:
    """The findings on one dialogue. Raises JudgeError, StandardError."""
    rules = load_standard(standard)
    agent, caller = read_leg(dialogue.agent), read_leg(dialogue.caller)
    heard = listen(agent, recogniser, spot_phrases(rules)), listen(caller, recogniser)
    return judge(case_of(rules, dialogue.facts, *heard))


def _pool(model: Path, workers: int) -> ProcessPoolExecutor:
    """Processes of their own, not copies of this one: the engine has threads."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max(1, workers), context, _start, (model,))


def _start(model: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the command itself ends us
    os.nice(NICENESS)
    _engine.append(VoskRecogniser(model))


def _judged(dialogue: Dialogue, standard: str) -> list[Finding]:
    return judge_dialogue(dialogue, standard, _engine[0])
