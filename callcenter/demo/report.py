"""How the calls came out against what the script says, as a table and as a yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.box import HORIZONTALS
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from callcenter.demo.script import RULES, DemoCall

HEADINGS = {
    "three_rings": "三声\n3 rings",
    "opening": "开场\nopening",
    "anything_else": "询问\nmore?",
    "closing": "结束语\nclosing",
    "caller_hangs_up_first": "先挂\nhang-up",
}
MARKS = {
    "pass": "达标\npass",
    "fail": "未达标\nfail",
    "unsure": "待定\nunsure",
    "not_applicable": "–",
}
OUTCOMES = {
    "answered": "接通\nanswered",
    "abandoned": "放弃\nabandoned",
    "busy": "占线\nbusy",
    "no_answer": "无人接\nno answer",
    "rejected": "拒接\nrejected",
    "failed": "失败\nfailed",
}


@dataclass
class Result:
    """What became of one call: the API's word on it, and what went wrong on the way."""

    script: DemoCall
    call: dict[str, Any] | None = None
    prompt_heard: bool | None = None
    problems: list[str] = field(default_factory=list)

    def verdict(self, rule: str) -> str | None:
        """The verdict on record; None while there is none."""
        for finding in (self.call or {}).get("findings") or ():
            if finding["rule"] == rule:
                return str(finding["verdict"])
        return None

    @property
    def judged(self) -> bool:
        """Whether the call is over and every rule that the script names has its verdict."""
        over = self.call is not None and self.call["outcome"] is not None
        return over and all(self.verdict(rule) is not None for rule in self.script.expect)

    def differences(self) -> list[str]:
        """What is not as it should be, one sentence each."""
        if self.call is None:
            return [*self.problems, "the service has no such call"]
        wrong = list(self.problems)
        for key, wanted in (("outcome", self.script.outcome), ("rings", self.script.rings)):
            if self.call[key] != wanted:
                wrong.append(f"{key} is {self.call[key]}, should be {wanted}")
        for rule, wanted_verdict in self.script.expect.items():
            if self.verdict(rule) != wanted_verdict:
                wrong.append(f"{rule} is {self.verdict(rule)}, should be {wanted_verdict}")
        return wrong + self._transfer_differences()

    def _transfer_differences(self) -> list[str]:
        if not self.script.transferred or self.call is None:
            return []
        answered = [leg for leg in self.call["legs"] if leg["role"] == "agent" and leg["answered_at"]]
        refused = [leg for leg in self.call["legs"] if leg["role"] == "target" and leg["final_status"] == 486]
        wrong = [] if self.prompt_heard else ["the caller did not hear the prompt for a busy line"]
        wrong += [] if refused else ["no leg to the busy extension is on record"]
        return wrong + ([] if len(answered) > 1 else ["the caller did not come back to the desk"])


def table(results: list[Result]) -> Group:
    """One row a call, Chinese over English, and below it what is not as expected.

    Readable on 80 columns: there every column but the first keeps its words whole.
    """
    shown = Table(
        title="三响 · 演示结果 Demo",
        header_style="bold",
        box=HORIZONTALS,
        show_lines=True,
        show_edge=False,
        pad_edge=False,
        padding=0,
    )
    shown.add_column("通话\ncall")
    for heading in ("振铃\nringing", "结果\noutcome", *(HEADINGS[rule] for rule in RULES), "符合\nmatch"):
        shown.add_column(heading, no_wrap=True)
    for result in results:
        shown.add_row(*_row(result))
    return Group(shown, *_told(results))


def _told(results: list[Result]) -> list[str]:
    """A line for each difference, under the title of its call."""
    lines: list[str] = []
    for result in results:
        if wrong := result.differences():
            lines.append(f"\n[red]不符合预期 not as expected: {escape(result.script.title)}[/]")
            lines += [f"  {escape(each)}" for each in wrong]
    return lines


def _row(result: Result) -> list[str]:
    call = result.call or {}
    outcome = str(call.get("outcome") or "–")
    return [
        escape(result.script.title.replace(" · ", "\n")),
        _ringing(call),
        OUTCOMES.get(outcome, outcome),
        *(_mark(result, rule) for rule in RULES),
        "[red]否\nno[/]" if result.differences() else "[green]是\nyes[/]",
    ]


def _ringing(call: dict[str, Any]) -> str:
    """「2 声」 over the seconds."""
    rings, seconds = call.get("rings"), call.get("ring_seconds")
    counted = "–" if rings is None else f"{rings} 声"
    return counted if seconds is None else f"{counted}\n{seconds:.3f} s"


def _mark(result: Result, rule: str) -> str:
    verdict, wanted = result.verdict(rule), result.script.expect.get(rule)
    text = MARKS.get(verdict or "", "–")
    if wanted is None:
        return f"[dim]{text}[/]"
    return text if verdict == wanted else f"[red]{text}[/]"
