"""A corpus: a folder of spoken dialogues, each with what signalling knew of it and the verdicts wanted.

A dialogue NAME is three files: `NAME.agent.wav` and `NAME.caller.wav`, which begin at the agent's answer, and
`NAME.json` with `standard`, the facts (`rings`, `hangup`, `transfer`, …), `timeline` (its parts of leg `hold`
are the holds) and `expect`: a verdict for each rule that a careful person is certain of. `promise` may be a
span (`"2h"`): the time from the call to what was promised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from callcenter.domain.findings import Verdict
from callcenter.domain.standards import KINDS
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.facts_json import KEYS, FactsError, parse_facts

Wanted = Verdict | timedelta
"""A verdict, or of a promise the time until it is due."""

_SPAN = re.compile(r"(\d+(?:\.\d+)?)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class CorpusError(Exception):
    """A corpus cannot be read or scored; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One spoken dialogue; `standard` is the one that it is to be judged by."""

    name: str
    agent: Path
    caller: Path
    standard: str
    facts: JudgeFacts
    expect: Mapping[str, Wanted]


def read_corpus(folder: Path) -> list[Dialogue]:
    """The dialogues of a folder, by name. Raises CorpusError."""
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such folder")
    files = sorted(folder.glob("*.json"))
    if not files:
        raise CorpusError(
            f"{folder}: holds no dialogue (each is NAME.json, NAME.agent.wav and NAME.caller.wav)"
        )
    return [read_dialogue(file) for file in files]


def read_dialogue(file: Path) -> Dialogue:
    """The dialogue that a JSON file describes; its sound is not read yet. Raises CorpusError."""
    value = _object(file)
    legs = [file.with_name(f"{file.stem}.{leg}.wav") for leg in ("agent", "caller")]
    for leg in legs:
        if not leg.is_file():
            raise CorpusError(f"{leg}: is missing; {file.name} needs it")
    standard = value.get("standard")
    if not isinstance(standard, str) or not standard:
        raise CorpusError(f'{file}: standard: a name is wanted, for example "vanke"')
    expect = parse_expect(str(file), value.get("expect"))
    return Dialogue(file.stem, legs[0], legs[1], standard, told_facts(str(file), value), expect)


def _object(file: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{file}: is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise CorpusError(f"{file}: is not valid JSON: {error}") from None
    if not isinstance(value, Mapping):
        raise CorpusError(f"{file}: a JSON object is wanted")
    return value


def told_facts(where: str, value: Mapping[str, Any]) -> JudgeFacts:
    """The facts among what is told of a dialogue; the rest is for people. Raises CorpusError."""
    timeline = value.get("timeline", [])
    if not isinstance(timeline, list) or not all(isinstance(part, Mapping) for part in timeline):
        raise CorpusError(f"{where}: timeline: a list of objects is wanted")
    holds = [
        {key: part.get(key) for key in ("start", "end")} for part in timeline if part.get("leg") == "hold"
    ]
    told = {key: value[key] for key in KEYS if key in value}
    try:
        return parse_facts({"holds": holds} | told)
    except FactsError as error:
        raise CorpusError(f"{where}: {error}") from None


def parse_expect(where: str, value: Any) -> dict[str, Wanted]:
    """The verdicts wanted, as JSON gives them; `where` is named in errors. Raises CorpusError."""
    if not isinstance(value, Mapping) or not value:
        raise CorpusError(f'{where}: expect: verdicts are wanted, for example {{"opening": "pass"}}')
    for rule in value:
        if rule not in KINDS:
            raise CorpusError(f"{where}: expect.{rule}: there is no such rule; there are: {', '.join(KINDS)}")
    return {rule: _wanted(where, rule, each) for rule, each in value.items()}


def _wanted(where: str, rule: str, value: Any) -> Wanted:
    if value in list(Verdict):
        return Verdict(value)
    span = _SPAN.fullmatch(value) if rule == "promise" and isinstance(value, str) else None
    if span is None:
        also = ' or a span ("30m", "2h", "1d")' if rule == "promise" else ""
        raise CorpusError(f"{where}: expect.{rule}: {value!r} is none of {', '.join(Verdict)}{also}")
    return timedelta(**{_UNITS[span[2]]: float(span[1])})
