"""The book of one call: what happened, entered as it happens, read as `CallFacts`. No clock of its own.

Instants come in as `At` (UTC for the record, monotonic for durations), which `sip.moment.Moment` satisfies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from callcenter.domain.calls import (
    AnnouncementFacts,
    CallFacts,
    Direction,
    Hearing,
    HoldFacts,
    HungUpBy,
    LegFacts,
    Line,
    NoticeFacts,
    Outcome,
    PassageFacts,
    Role,
    WaitFacts,
    WaitKind,
)
from callcenter.domain.findings import Verdict
from callcenter.domain.rings import CHINA, Cadence, count_rings, judge_rings


class At(Protocol):
    """An instant in both clocks."""

    @property
    def utc(self) -> datetime: ...

    @property
    def mono(self) -> float: ...


class ClosedError(Exception):
    """Something was entered after the call had its outcome."""


_NOBODY_RUNG = (Role.CALLER, Role.SUPERVISOR)
"""Whose legs are nobody's that the caller waits for or talks with."""
_NOT_TAKEN = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED)


@dataclass(slots=True)
class _Leg:
    facts: LegFacts
    ringing: float | None = None
    answered: float | None = None
    ended: float | None = None
    left: float | None = None
    lost: bool = False


@dataclass(slots=True)
class _Span:
    began: float
    ended: float | None = None

    def seconds(self, now: float) -> float:
        return (now if self.ended is None else self.ended) - self.began


@dataclass(slots=True)
class CallBook:
    """Enter what happens; read `facts` at any time. Times within `facts` run up to the newest entry."""

    id: str
    direction: Direction
    line: Line
    caller: str
    callee: str
    started: At
    desk: str | None = None
    standard: str | None = None
    diverted_from: str | None = None
    max_rings: int = 3
    cadence: Cadence = CHINA
    language: str | None = None
    _legs: dict[str, _Leg] = field(default_factory=dict)
    _holds: list[tuple[HoldFacts, _Span]] = field(default_factory=list)
    _announcements: list[AnnouncementFacts] = field(default_factory=list)
    _waits: list[tuple[WaitFacts, _Span]] = field(default_factory=list)
    _path: list[PassageFacts] = field(default_factory=list)
    _notices: dict[str, NoticeFacts] = field(default_factory=dict)
    _first_ringing: At | None = None
    _answered: At | None = None
    _ended: At | None = None
    _newest: float = 0.0
    _outcome: Outcome | None = None
    _hung_up_by: HungUpBy | None = None
    _transfer_to: str | None = None

    @property
    def answered_at(self) -> At | None:
        """The first agent's 200: zero of the call's time axis."""
        return self._answered

    @property
    def closed(self) -> bool:
        return self._outcome is not None

    def leg_invited(self, role: Role, party: str, at: At, sip_call_id: str, leg_id: str) -> None:
        """A leg begins with its INVITE, received (the caller's) or sent."""
        self._note(at)
        bound = None if role in _NOBODY_RUNG else self.max_rings
        self._legs[leg_id] = _Leg(LegFacts(leg_id, role, party, at.utc, sip_call_id, bound=bound))

    def leg_ringing(self, leg_id: str, at: At) -> bool:
        """The leg's first ringing response. True if it is the call's first: the caller now hears it ring."""
        self._note(at)
        leg = self._legs[leg_id]
        if leg.ringing is None:
            leg.ringing = at.mono
            leg.facts = replace(leg.facts, ringing_at=at.utc)
        if leg.facts.role in _NOBODY_RUNG:
            return False
        self.waited(at)  # what the caller waits for from here on is this phone
        if self._first_ringing is not None:
            return False
        self._first_ringing = at
        return True

    def leg_answered(self, leg_id: str, at: At, codec: str) -> None:
        """The leg's 200. The first one of an agent answers the call."""
        self._note(at)
        leg = self._legs[leg_id]
        leg.answered = at.mono
        leg.facts = replace(leg.facts, answered_at=at.utc, codec=codec, final_status=200)
        if leg.facts.role in _NOBODY_RUNG:
            return
        self.waited(at)
        if self._answered is None:
            self._answered = at

    def leg_ended(self, leg_id: str, at: At, by: HungUpBy, status: int | None = None) -> None:
        """The leg is over: by whom, and the INVITE's final status where it was not answered."""
        self._note(at)
        leg = self._legs[leg_id]
        if leg.ended is not None:
            return
        leg.ended = at.mono
        final = leg.facts.final_status or status
        leg.facts = replace(leg.facts, ended_at=at.utc, hung_up_by=by, final_status=final)
        self.resumed(leg_id, at)

    def leg_left(self, leg_id: str, at: At) -> None:
        """The leg leaves the conversation by a transfer; it may last a little longer."""
        self._note(at)
        self._legs[leg_id].left = at.mono
        self.resumed(leg_id, at)

    def leg_lost(self, leg_id: str) -> None:
        """Another phone of those that rang at once has the call: this one is judged by nothing."""
        self._legs[leg_id].lost = True

    def leg_measured(
        self, leg_id: str, loss: float | None, jitter: float | None, round_trip: float | None
    ) -> None:
        """The leg's media: share of packets lost, jitter and round trip in seconds; None: not measured."""
        leg = self._legs[leg_id]
        leg.facts = replace(leg.facts, loss=loss, jitter_seconds=jitter, rtt_seconds=round_trip)

    def held(self, leg_id: str, at: At) -> bool:
        """The leg puts the call on hold. False if it already does."""
        self._note(at)
        if self._open_hold(leg_id) is not None:
            return False
        self._holds.append((HoldFacts(leg_id, at.utc), _Span(at.mono)))
        return True

    def resumed(self, leg_id: str, at: At) -> bool:
        """The leg takes the call back. False if it was not on hold."""
        index = self._open_hold(leg_id)
        if index is None:
            return False
        self._note(at)
        facts, span = self._holds[index]
        span.ended = at.mono
        self._holds[index] = (replace(facts, ended_at=at.utc), span)
        return True

    def announced(self, leg_id: str, prompt: str, began: At, ended: At) -> None:
        """A prompt was played to a leg."""
        self._note(ended)
        self._announcements.append(AnnouncementFacts(leg_id, prompt, began.utc, ended.utc))

    def waits(self, kind: WaitKind, at: At) -> None:
        """The caller waits, for other than a phone that rings, until `waited` or the next phone rings."""
        self.waited(at)
        self._waits.append((WaitFacts(kind, at.utc), _Span(at.mono)))

    def waited(self, at: At) -> None:
        """The wait is over, if there was one."""
        self._note(at)
        if self._waits and self._waits[-1][1].ended is None:
            facts, span = self._waits[-1]
            span.ended = at.mono
            self._waits[-1] = (replace(facts, ended_at=at.utc), span)

    def passed(self, kind: str, source: str, target: str, at: At, result: str = "") -> None:
        """The call was led from one place to the next: an edge of its graph."""
        self._note(at)
        self._path.append(PassageFacts(at.utc, kind, source, target, result))

    def noticed(self, leg_id: str, version: str, began: At, ended: At, outcome: Hearing) -> None:
        """A party was told that the call is recorded; a later objection replaces what came of it."""
        self._note(ended)
        self._notices[leg_id] = NoticeFacts(leg_id, version, began.utc, ended.utc, outcome)

    def transferred(self, target: str, at: At) -> None:
        """The call is sent to `target`."""
        self._note(at)
        self._transfer_to = target

    def close(self, at: At, outcome: Outcome, by: HungUpBy | None) -> None:
        """The call is over. Legs still open end with it. Raises ClosedError if it was over already."""
        if self._outcome is not None:
            raise ClosedError(f"call {self.id} is closed as {self._outcome}")
        for leg_id, leg in self._legs.items():
            if leg.ended is None:
                self.leg_ended(leg_id, at, by or HungUpBy.SYSTEM)
        self.waited(at)
        self._ended, self._outcome, self._hung_up_by = at, outcome, by

    @property
    def facts(self) -> CallFacts:
        """Everything known now, as a value."""
        ring_seconds = self._ring_seconds()
        rings = 0 if ring_seconds is None else count_rings(ring_seconds, self.cadence)
        hold = sum(span.seconds(self._newest) for _, span in self._holds)
        wait_end = self._answered.mono if self._answered else self._newest
        return CallFacts(
            id=self.id,
            direction=self.direction,
            line=self.line,
            caller=self.caller,
            callee=self.callee,
            started_at=self.started.utc,
            desk=self.desk,
            standard=self.standard,
            first_ringing_at=_utc(self._first_ringing),
            answered_at=_utc(self._answered),
            ended_at=_utc(self._ended),
            outcome=self._outcome,
            rings=rings,
            ring_seconds=ring_seconds,
            three_rings=self._verdict(ring_seconds),
            wait_seconds=max(0.0, wait_end - self.started.mono),
            talk_seconds=max(0.0, self._connected() - hold),
            hold_seconds=hold,
            hung_up_by=self._hung_up_by,
            transfer_to=self._transfer_to,
            diverted_from=self.diverted_from,
            legs=tuple(self._leg_facts(leg) for leg in self._legs.values()),
            holds=tuple(facts for facts, _ in self._holds),
            announcements=tuple(self._announcements),
            queue_seconds=sum(
                span.seconds(self._newest) for wait, span in self._waits if wait.kind is WaitKind.QUEUE
            ),
            language=self.language,
            waits=tuple(facts for facts, _ in self._waits),
            path=tuple(self._path),
            notices=tuple(self._notices.values()),
        )

    def _note(self, at: At) -> None:
        if self._outcome is not None:
            raise ClosedError(f"call {self.id} is closed as {self._outcome}")
        self._newest = max(self._newest, at.mono)

    def _open_hold(self, leg_id: str) -> int | None:
        for index, (facts, span) in enumerate(self._holds):
            if facts.leg_id == leg_id and span.ended is None:
                return index
        return None

    def _ring_seconds(self) -> float | None:
        """A1: from the first agent's 18x to the answer, across all agents tried; or to the end. Without what
        the caller spent in between in prompts, menus and the queue."""
        if self._first_ringing is None:
            return None
        first = self._first_ringing.mono
        until = self._answered.mono if self._answered else self._newest
        apart = sum(
            max(0.0, min(until, span.began + span.seconds(self._newest)) - max(first, span.began))
            for _, span in self._waits
        )
        return until - first - apart

    def _verdict(self, ring_seconds: float | None) -> Verdict:
        if self.desk is None:
            return Verdict.NOT_APPLICABLE
        if self._outcome in _NOT_TAKEN:
            return Verdict.FAIL  # the caller waited to the end, and nobody took the call
        return judge_rings(
            ring_seconds,
            answered=self._answered is not None,
            max_rings=self.max_rings,
            cadence=self.cadence,
        )

    def _connected(self) -> float:
        """Seconds in which somebody was on the line with the caller."""
        total, reached = 0.0, float("-inf")
        for began, until in sorted(self._conversations()):
            total += max(0.0, until - max(began, reached))
            reached = max(reached, until)
        return total

    def _conversations(self) -> list[tuple[float, float]]:
        return [
            (leg.answered, min(time for time in (leg.ended, leg.left, self._newest) if time is not None))
            for leg in self._legs.values()
            if leg.answered is not None and leg.facts.role not in _NOBODY_RUNG and not leg.lost
        ]

    def _leg_facts(self, leg: _Leg) -> LegFacts:
        seconds = None
        if leg.ringing is not None:
            until = leg.answered if leg.answered is not None else leg.ended
            seconds = (self._newest if until is None else until) - leg.ringing
        verdict = Verdict.NOT_APPLICABLE
        if not leg.lost and leg.facts.role is not Role.SUPERVISOR:
            answered = leg.answered is not None
            verdict = judge_rings(seconds, answered=answered, max_rings=self.max_rings, cadence=self.cadence)
        rings = count_rings(seconds, self.cadence)
        return replace(leg.facts, rings=rings, ring_seconds=seconds, verdict=verdict)


def _utc(at: At | None) -> datetime | None:
    return None if at is None else at.utc
