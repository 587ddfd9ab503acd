"""How the calls came out against what the script says, as a table and as a yes or no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from callcenter.demo.script import RULES, DemoCall

HEADINGS = {
    "three_rings": "三声\nthree rings",
    "opening": "开场\nopening",
    "anything_else": "还有什么\nanything else",
    "closing": "结束语\nclosing",
    "caller_hangs_up_first": "客户先挂\ncaller first",
}
MARKS = {"pass": "合格 pass", "fail": "不合格 fail", "unsure": "待定 unsure", "not_applicable": "–"}


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


def table(results: list[Result]) -> Table:
    """One row a call; a verdict that is not the expected one says so."""
    shown = Table(title="三响 · 演示结果 Demo", header_style="bold", show_lines=True)
    for heading in ("通话\ncall", "响铃\nrings", "秒\nseconds", "结果\noutcome"):
        shown.add_column(heading, justify="right" if heading[0] in "响秒" else "left")
    for rule in RULES:
        shown.add_column(HEADINGS[rule])
    shown.add_column("符合预期\nas expected")
    for result in results:
        shown.add_row(*_row(result))
    return shown


def _row(result: Result) -> list[str]:
    call, wrong = result.call or {}, result.differences()
    seconds = call.get("ring_seconds")
    verdicts = [_mark(result, rule) for rule in RULES]
    rings = "–" if call.get("rings") is None else str(call["rings"])
    return [
        result.script.title,
        rings,
        "–" if seconds is None else f"{seconds:.3f}",
        str(call.get("outcome") or "–"),
        *verdicts,
        "[green]是 yes[/]" if not wrong else "[red]" + "\n".join(wrong) + "[/]",
    ]


def _mark(result: Result, rule: str) -> str:
    verdict, wanted = result.verdict(rule), result.script.expect.get(rule)
    text = MARKS.get(verdict or "", "–")
    if wanted is None:
        return f"[dim]{text}[/]"
    return text if verdict == wanted else f"[red]{text}[/]"
