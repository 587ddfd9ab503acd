"""What happens in the demo: which calls, who speaks what, and how each is to come out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

DIALOGUES = Path(__file__).parent / "dialogues"
FIVE = ("repair-good", "late-answer", "greeting-missing", "transfer-good")
"""The dialogues of the plain demo; the fifth call is given up before anybody speaks."""
RULES = ("three_rings", "opening", "anything_else", "closing", "caller_hangs_up_first")
"""The rules whose verdicts are shown and compared."""
STANDARD = "vanke"
NAMES = {
    "vanke": "万科物业",
    "gaowei": "高卫物业",
    "sunac": "海逸长洲",
    "service-centre": "物业",
    "handbook": "物业",
}
"""A desk's name by its standard; the last two prescribe none."""
TITLES = {
    "repair-good": "报修 · good",
    "late-answer": "第五声才接 · answered on the fifth ring",
    "greeting-missing": "没有问候 · no greeting",
    "transfer-good": "转接占线 · transferred, busy, back at the desk",
    "abandoned": "响铃时挂断 · given up while it rings",
}
RING_PERIOD = 5.0
"""Seconds from one ring to the next: China's cadence."""


class ScriptError(Exception):
    """A folder of dialogues cannot be played; the message names the file."""


@dataclass(frozen=True)
class DemoCall:
    """One call of the demo. Times in seconds.

    `expect` holds the verdict by rule; `first_words` is where the agent's first sentence lies in its file, to
    be said again to a caller who comes back from a transfer.
    """

    name: str
    number: int
    rings: int
    standard: str = STANDARD
    agent: Path | None = None
    caller: Path | None = None
    outcome: Literal["answered", "abandoned"] = "answered"
    hangup: str | None = "caller"
    transferred: bool = False
    first_words: tuple[float, float] = (0.0, 3.0)
    expect: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return TITLES.get(self.name, self.name)

    @property
    def ring_seconds(self) -> float:
        """How long the agent's phone rings: well inside the ring that is to be counted."""
        return max(0.0, (self.rings - 1) * RING_PERIOD + 2.0)

    @property
    def caller_number(self) -> str:
        """Who calls; a number that nobody has: no mobile number of China begins with 100."""
        return f"1000000{self.number:04d}"

    @property
    def desk(self) -> str:
        return f"desk-{self.number}"

    @property
    def desk_number(self) -> str:
        return str(8800 + self.number)

    @property
    def agent_number(self) -> str:
        return str(8000 + self.number)


def five_calls() -> list[DemoCall]:
    """The plain demo: four dialogues, and a caller who does not wait."""
    calls = [
        read_dialogue(DIALOGUES / f"{name}.json", number, {STANDARD}) for number, name in enumerate(FIVE, 1)
    ]
    return [*calls, DemoCall("abandoned", len(calls) + 1, rings=2, outcome="abandoned", hangup=None)]


def read_folder(folder: Path, standards: Iterable[str]) -> list[DemoCall]:
    """Every dialogue of a folder. `standards` are those that the service knows. Raises ScriptError."""
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not files:
        raise ScriptError(f"{folder} holds no dialogues (NAME.json, NAME.agent.wav, NAME.caller.wav)")
    if len(files) > 99:
        raise ScriptError(f"{folder} holds {len(files)} dialogues; the demo plays at most 99")
    known = set(standards)
    return [read_dialogue(file, number, known) for number, file in enumerate(files, 1)]


def read_dialogue(file: Path, number: int, standards: set[str]) -> DemoCall:
    """One dialogue. By another's rules its opening is not compared: that desk says another name."""
    try:
        facts: dict[str, Any] = json.loads(file.read_text("utf-8"))
        rings = int(facts["rings"])
        known = facts.get("standard", STANDARD) in standards
        wanted = [rule for rule in RULES if known or rule != "opening"]
        expect = {rule: str(facts["expect"][rule]) for rule in wanted if rule in facts["expect"]}
        first = _first_words(facts.get("timeline", []))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ScriptError(f"{file} is no dialogue: {type(error).__name__} {error}") from None
    agent, caller = (file.with_name(f"{file.stem}.{who}.wav") for who in ("agent", "caller"))
    for wav in (agent, caller):
        if not wav.is_file():
            raise ScriptError(f"{wav} is missing")
    return DemoCall(
        name=file.stem,
        number=number,
        rings=rings,
        standard=facts.get("standard", STANDARD) if known else STANDARD,
        agent=agent,
        caller=caller,
        hangup=facts.get("hangup"),
        transferred=bool(facts.get("transfer")),
        first_words=first,
        expect=expect,
    )


def _first_words(timeline: list[dict[str, Any]]) -> tuple[float, float]:
    for said in timeline:
        if said["leg"] == "agent":
            return max(0.0, float(said["start"]) - 0.3), float(said["end"]) + 0.3
    return 0.0, 3.0
