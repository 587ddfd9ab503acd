"""The facts of a call as JSON gives them: for `callcenter judge`, and as a corpus writes them down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeGuard
from zoneinfo import ZoneInfo

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.tickets import KIND_IDS
from callcenter.judging.facts import CONNECTED, JudgeFacts, RecordFacts, Transfer

CHINA: Final = ZoneInfo("Asia/Shanghai")
"""Where an instant without a zone is meant."""


class FactsError(ValueError):
    """A fact is not what it should be; the message names its key."""


def parse_facts(value: Any) -> JudgeFacts:
    """The facts of `callcenter judge`, as JSON gives them. Raises FactsError."""
    if not isinstance(value, Mapping):
        raise FactsError('the facts must be a JSON object, for example {"rings": 2, "hangup": "caller"}')
    for key in value:
        if key not in READERS:
            raise FactsError(f"{key}: there is no such fact; there are: {', '.join(READERS)}")
    given: dict[str, Any] = {}
    for key, each in value.items():
        if each is not None:
            given |= READERS[key](key, each)
    return JudgeFacts(**given)


def _rings(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return {key: value}
    raise FactsError(f"{key}: {value!r} is no number of rings (0, 1, 2, …)")


def _hangup(key: str, value: Any) -> dict[str, Any]:
    if value in (HungUpBy.CALLER, HungUpBy.AGENT, HungUpBy.SYSTEM):
        return {key: HungUpBy(value)}
    raise FactsError(f'{key}: {value!r} is none of "caller", "agent", "system", null')


def _line(key: str, value: Any) -> dict[str, Any]:
    if value in tuple(Line):
        return {key: Line(value)}
    raise FactsError(f'{key}: {value!r} is neither "external" nor "internal"')


def _holds(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, list):
        raise FactsError(f'{key}: {value!r} is no list of {{"start": seconds, "end": seconds}}')
    return {key: tuple(_hold(number, each) for number, each in enumerate(value))}


def _hold(number: int, value: Any) -> tuple[float, float]:
    start, end = (value.get("start"), value.get("end")) if isinstance(value, Mapping) else (None, None)
    if not _is_seconds(start) or not _is_seconds(end) or not start <= end:
        raise FactsError(
            f'holds[{number}]: {value!r} is no {{"start": seconds, "end": seconds}} in that order'
        )
    return float(start), float(end)


_TRANSFER = '{"to": name, "at": seconds, "result": "connected", "busy", "no_answer", …, "returned": true}'


def _transfer(key: str, value: Any) -> dict[str, Any]:
    """A name alone: the call went there. What failed came back, unless the facts say otherwise."""
    if isinstance(value, str):
        return {key: value, "transfers": (Transfer(value),)} if value else {}
    wrong = FactsError(f"{key}: {value!r} is neither a name nor {_TRANSFER} nor null")
    if not isinstance(value, Mapping) or set(value) - {"to", "at", "result", "returned"}:
        raise wrong
    to, at, result = value.get("to"), value.get("at"), value.get("result")
    if not isinstance(to, str) or not to or not isinstance(result, str | None):
        raise wrong
    if at is not None and not _is_seconds(at):
        raise wrong
    returned = value.get("returned", result not in (None, CONNECTED))
    if not isinstance(returned, bool):
        raise wrong
    return {key: to, "returned": returned, "transfers": (Transfer(to, at, result),)}


def _begun(key: str, value: Any) -> dict[str, Any]:
    try:
        begun = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise FactsError(f'{key}: {value!r} is no instant such as "2026-03-01T10:00:00+08:00"') from None
    return {key: begun if begun.tzinfo else begun.replace(tzinfo=CHINA)}


def _matter(key: str, value: Any) -> dict[str, Any]:
    """`look-up` is `lookup`: a kind may be written with hyphens."""
    plain = {kind.replace("_", ""): kind for kind in KIND_IDS}
    if isinstance(value, str) and (found := plain.get(value.replace("-", "").replace("_", ""))):
        return {key: found}
    raise FactsError(f"{key}: {value!r} is no kind of matter; the kinds are {', '.join(KIND_IDS)}")


def _text(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {key: value or None}
    raise FactsError(f"{key}: {value!r} is no text")


def _flag(key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {key: value}
    raise FactsError(f"{key}: {value!r} is neither true nor false")


def _record(key: str, value: Any) -> dict[str, Any]:
    wrong = FactsError(f'{key}: {value!r} is no {{"written_after": seconds or null, "tickets": number}}')
    if not isinstance(value, Mapping) or set(value) - {"written_after", "tickets"}:
        raise wrong
    after, tickets = value.get("written_after"), value.get("tickets", 0)
    if after is not None and not _is_seconds(after):
        raise wrong
    if not isinstance(tickets, int) or isinstance(tickets, bool) or tickets < 0:
        raise wrong
    return {key: RecordFacts(after, tickets)}


def _is_seconds(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


READERS: Final[Mapping[str, Callable[[str, Any], dict[str, Any]]]] = {
    "rings": _rings,
    "hangup": _hangup,
    "line": _line,
    "holds": _holds,
    "transfer": _transfer,
    "begun": _begun,
    "matter": _matter,
    "household": _text,
    "surname": _text,
    "phone": _text,
    "record": _record,
    "callback": _flag,
}
"""What may be told, and how each is read (into fields of JudgeFacts); null is as good as nothing."""

KEYS: Final = tuple(READERS)
