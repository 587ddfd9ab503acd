"""The facts of a stored call, from its rows: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.calls import HungUpBy, Line, Outcome, Role
from callcenter.domain.findings import Verdict
from callcenter.domain.standards import LimitRule, Standard
from callcenter.flows import Flow
from callcenter.judging.facts import JudgeFacts, Played, RecordFacts, Transfer
from callcenter.store.aftermath import Aftermath
from callcenter.store.jobs import Work
from callcenter.store.tables import Call, Callback, Hold

CHINA = ZoneInfo("Asia/Shanghai")

RECORD_TIME = 300.0
"""Seconds after a call's end in which it is written down, where the standard has no rule of it (B1)."""


def facts_of(
    work: Work,
    flow: Flow | None = None,
    *,
    record_time: float = RECORD_TIME,
    now: datetime | None = None,
    zone: ZoneInfo = CHINA,
) -> JudgeFacts:
    """What the signalling of a stored call says, the flow of what is allowed, and what was written down.

    `now` (UTC) says whether the record's time is up; None: it is not. `zone` is the desk's.
    """
    call = work.call
    bound = next((leg.bound for leg in work.legs if leg.role == Role.AGENT.value and leg.bound), None)
    return JudgeFacts(
        rings=call.rings,
        hangup=HungUpBy(call.hung_up_by) if call.hung_up_by else None,
        line=Line(call.line),
        holds=tuple(_span(work, hold) for hold in _desk_holds(work)),
        transfer=call.transfer_to,
        returned=_came_back(work),
        answered=call.answered_at is not None,
        interrupted=call.outcome == Outcome.INTERRUPTED.value,
        ring_seconds=call.ring_seconds,
        three_rings=Verdict(call.three_rings),
        max_rings=bound,
        seconds=call.talk_seconds + call.hold_seconds,
        longest=flow.talk.longest(Line(call.line)) if flow else None,
        agent_may_release=flow.after.agent_may_release if flow else 0.0,
        transfers=tuple(_transfers(work)),
        prompts=tuple(_played(work)),
        begun=_zero(call).astimezone(zone),
        **_written(work, record_time, now),
    )


def record_time(standard: Standard) -> float:
    """Seconds after a call's end until what was written down of it is judged."""
    rule = standard.rule("record_in_time")
    return rule.limit if isinstance(rule, LimitRule) else RECORD_TIME


def _zero(call: Call) -> datetime:
    return call.answered_at or call.started_at


def _seconds(work: Work, at: datetime) -> float:
    return (at - _zero(work.call)).total_seconds()


def _desk_holds(work: Work) -> Iterator[Hold]:
    """The caller who puts us on hold does not wait."""
    callers = {leg.id for leg in work.legs if leg.role == Role.CALLER.value}
    return (hold for hold in work.holds if hold.leg_id not in callers)


def _span(work: Work, hold: Hold) -> tuple[float, float]:
    end = hold.ended_at or work.call.ended_at or hold.started_at
    return _seconds(work, hold.started_at), _seconds(work, end)


def _came_back(work: Work) -> bool:
    """Whether an agent was rung and answered after the call had been sent to its (last) target."""
    targets = [leg.invite_at for leg in work.legs if leg.role == Role.TARGET.value]
    return bool(targets) and any(
        leg.role == Role.AGENT.value and leg.answered_at is not None and leg.invite_at >= max(targets)
        for leg in work.legs
    )


def _transfers(work: Work) -> Iterator[Transfer]:
    """Each transfer of the call's path, which stands there with what came of it; it began when its (first)
    target was rung. A call of before there were paths tells only where it went last."""
    edges = [each for each in work.call.path if each["kind"] == "transfer"]
    since = _zero(work.call)
    for edge in edges:
        done = _instant(edge)
        rung = [
            leg.invite_at
            for leg in work.legs
            if leg.role == Role.TARGET.value and since <= leg.invite_at <= done
        ]
        yield Transfer(edge["target"], _seconds(work, min(rung, default=done)), edge["result"])
        since = done
    if not edges and work.call.transfer_to:
        yield Transfer(work.call.transfer_to)


def _instant(edge: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(edge["at"])


def _played(work: Work) -> Iterator[Played]:
    """The prompts that the caller was played."""
    callers = {leg.id for leg in work.legs if leg.role == Role.CALLER.value}
    for each in work.announcements:
        if each.leg_id in callers:
            end = each.ended_at or each.started_at
            yield Played(each.prompt, _seconds(work, each.started_at), _seconds(work, end))


def _written(work: Work, limit: float, now: datetime | None) -> dict[str, Any]:
    """What the record tells; whether it was written in time, and a callback entered, once the time is up."""
    record, ended = work.aftermath.record, work.call.ended_at
    told: dict[str, Any] = {"number_known": work.call.caller.lstrip("+").isdigit()}
    if record is not None:
        other = record.telephone if record.telephone != work.call.caller else None
        told |= {
            "matter": record.kind,
            "household": record.household,
            "surname": record.surname,
            "phone": other,
        }
    if now is None or ended is None or now < ended + timedelta(seconds=limit):
        return {**told, "pending": True}
    written = record.filled_at if record else None
    after = None if written is None else max(0.0, (written - ended).total_seconds())
    facts = RecordFacts(after, len(work.aftermath.tickets))
    return {**told, "record": facts, "callback": _kept(work.aftermath, ended)}


def _kept(aftermath: Aftermath, ended: datetime) -> bool:
    """Whether somebody is to call back: a callback that the call did not itself settle, or a ticket that is
    due at some time."""
    return any(_after(each, ended) for each in aftermath.callbacks) or any(
        ticket.due_at is not None for ticket in aftermath.tickets
    )


def _after(callback: Callback, ended: datetime) -> bool:
    return callback.done_at is None or callback.done_at > ended
