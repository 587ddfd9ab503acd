"""What signalling says of a call that is to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.findings import Verdict


class FactsError(ValueError):
    """A fact is not what it should be; the message names its key."""


@dataclass(frozen=True, slots=True)
class JudgeFacts:
    """The facts of one call; None is «not known», and makes the rules that need it unsure.

    `holds` are (start, end) in seconds of call time. `transfer` names whom the call went to; `returned`: it
    came back from there and an agent answered again. `three_rings`, where given, is the switchboard's own
    verdict, which stands; `max_rings` is the desk's limit where it overrides the standard's.

    `seconds` is the time from the answer to the end; None for a recording made elsewhere, which held no line
    of ours. `longest` (seconds, 0: any) is the desk's limit for it where it overrides the standard's;
    `agent_may_release` are seconds after both goodbyes, 0: never.
    """

    rings: int | None = None
    hangup: HungUpBy | None = None
    line: Line = Line.EXTERNAL
    holds: tuple[tuple[float, float], ...] = ()
    transfer: str | None = None
    returned: bool = False
    answered: bool = True
    interrupted: bool = False
    ring_seconds: float | None = None
    three_rings: Verdict | None = None
    max_rings: int | None = None
    seconds: float | None = None
    longest: float | None = None
    agent_may_release: float = 0.0


KEYS = ("rings", "hangup", "line", "holds", "transfer")


def parse_facts(value: Any) -> JudgeFacts:
    """The facts of `callcenter judge`, as JSON gives them. Raises FactsError."""
    if not isinstance(value, Mapping):
        raise FactsError('the facts must be a JSON object, for example {"rings": 2, "hangup": "caller"}')
    for key in value:
        if key not in KEYS:
            raise FactsError(f"{key}: there is no such fact; there are: {', '.join(KEYS)}")
    return JudgeFacts(
        rings=_rings(value.get("rings")),
        hangup=_hangup(value.get("hangup")),
        line=_line(value.get("line")),
        holds=_holds(value.get("holds")),
        transfer=_transfer(value.get("transfer")),
    )


def _rings(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise FactsError(f"rings: {value!r} is no number of rings (0, 1, 2, …)")


def _hangup(value: Any) -> HungUpBy | None:
    if value in (None, HungUpBy.CALLER, HungUpBy.AGENT, HungUpBy.SYSTEM):
        return None if value is None else HungUpBy(value)
    raise FactsError(f'hangup: {value!r} is none of "caller", "agent", "system", null')


def _line(value: Any) -> Line:
    if value in (None, *Line):
        return Line.EXTERNAL if value is None else Line(value)
    raise FactsError(f'line: {value!r} is neither "external" nor "internal"')


def _holds(value: Any) -> tuple[tuple[float, float], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise FactsError(f'holds: {value!r} is no list of {{"start": seconds, "end": seconds}}')
    return tuple(_hold(number, each) for number, each in enumerate(value))


def _hold(number: int, value: Any) -> tuple[float, float]:
    start, end = (value.get("start"), value.get("end")) if isinstance(value, Mapping) else (None, None)
    if not isinstance(start, int | float) or not isinstance(end, int | float) or not 0 <= start <= end:
        raise FactsError(
            f'holds[{number}]: {value!r} is no {{"start": seconds, "end": seconds}} in that order'
        )
    return float(start), float(end)


def _transfer(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise FactsError(f"transfer: {value!r} is neither a name nor null")
