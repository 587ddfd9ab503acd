"""`callcenter judge`: a recording made elsewhere, judged as a call of our own would be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.facts_json import FactsError, parse_facts
from callcenter.judging.hearing import Hearing
from callcenter.judging.judging import judge, spot_phrases
from transcripts.audio import Audio, AudioError
from transcripts.decoding import read_sound
from transcripts.listening import listen
from transcripts.recogniser import Recogniser
from transcripts.transcript import Transcript


class JudgeError(Exception):
    """A file that was given cannot be used; the message names it and says what is wrong."""


def judge_files(
    standard: Standard,
    agent_wav: Path,
    caller_wav: Path,
    facts_path: Path | None,
    names: Sequence[str],
    recogniser: Recogniser,
) -> list[Finding]:
    """The findings on two recordings that start at the agent's answer.

    `names` are the desk's own, beside those of the standard. Raises JudgeError.
    """
    facts = read_facts(facts_path)
    agent, caller = read_leg(agent_wav), read_leg(caller_wav)
    for name in names:
        if not any("\u4e00" <= character <= "\u9fff" for character in name):
            raise JudgeError(f"--name {name}: a name is compared by sound and must hold Chinese")
    heard = listen(agent, recogniser, spot_phrases(standard, names)), listen(caller, recogniser)
    return judge(case_of(standard, facts, *heard, names))


def case_of(
    standard: Standard, facts: JudgeFacts, agent: Transcript, caller: Transcript, names: Sequence[str] = ()
) -> Case:
    """The case of two recordings that start at the agent's answer."""
    limits = standard.thresholds
    return Case(
        standard,
        facts,
        Hearing(agent.words, limits, agent.spotted),
        Hearing(caller.words, limits, caller.spotted),
        tuple(names),
        max(agent.seconds, caller.seconds),
        agent.voice,
        caller.voice,
    )


def read_facts(path: Path | None) -> JudgeFacts:
    """The facts in a JSON file; without a file nothing is known. Raises JudgeError."""
    if path is None:
        return JudgeFacts()
    try:
        return parse_facts(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise JudgeError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise JudgeError(f"{path}: is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise JudgeError(f"{path}: is not valid JSON: {error}") from None
    except FactsError as error:
        raise JudgeError(f"{path}: {error}") from None


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON types; times are seconds to the millisecond, null where signalling alone decided."""
    return {
        "rule": finding.rule,
        "verdict": finding.verdict.value,
        "clause": finding.clause,
        "start": None if finding.start is None else round(finding.start, 3),
        "end": None if finding.end is None else round(finding.end, 3),
        "heard": finding.heard,
        "why": finding.why,
    }


def read_leg(path: Path) -> Audio:
    """The sound of one leg. Raises JudgeError."""
    try:
        return read_sound(path)
    except AudioError as error:
        raise JudgeError(str(error)) from None
