"""What is said in a call, judged by the scribe's rules on what the real speech model hears of the agent."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from callcenter.judging.facts_json import parse_facts
from callcenter.judging.judging import spot_phrases
from callcenter.standards import load_standard
from tests.judged import judged
from tests.speech import DIALOGUES, dialogue, facts, recogniser
from transcripts.decoding import read_sound
from transcripts.recogniser import Word

MORE_DIALOGUES = Path(__file__).parent.parent.parent / "data" / "dialogues"
VANKE = load_standard("vanke")


class Said:
    """Each dialogue is listened to once in a run of the tests, by whichever worker is first."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept

    def verdicts(self, name: str, **changed: object) -> dict[str, str]:
        """The verdict of each rule on a recorded dialogue; `changed` are other facts than its own."""
        spoken = dialogue(name, _folder(name))
        caller = [
            Word(part["text"], part["start"], part["end"], 1.0)
            for part in spoken["timeline"]
            if part["leg"] == "caller"
        ]
        agent, spotted = self._heard(name)
        known = parse_facts({**facts(spoken), **changed})
        found = judged(VANKE, known, agent, caller, (), spoken["seconds"], spotted)
        return {finding.rule: finding.verdict.value for finding in found}

    def _heard(self, name: str) -> list[Sequence[Word]]:
        path = self._kept / f"{name}.heard.json"
        with (self._kept / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                path.write_text(json.dumps(_listen(name)), "utf-8")
        return [[Word(**word) for word in words] for words in json.loads(path.read_text("utf-8"))]


def _folder(name: str) -> Path:
    return DIALOGUES if (DIALOGUES / f"{name}.json").exists() else MORE_DIALOGUES


def _listen(name: str) -> list[list[dict[str, object]]]:
    """The agent's words, heard freely and by the narrow pass."""
    sound, engine = read_sound(_folder(name) / f"{name}.agent.wav"), recogniser()
    passes = (engine.transcribe(sound), engine.spot(sound, spot_phrases(VANKE)))
    return [[asdict(word) for word in words] for words in passes]
