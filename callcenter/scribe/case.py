"""From a call's rows and transcripts to its findings: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from callcenter.domain.calls import HungUpBy, Line, Outcome, Role
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.standards import Standard
from callcenter.flows import Flow
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Hearing
from callcenter.judging.judging import judge
from callcenter.scribe.hands import Transcript
from callcenter.store.jobs import Work
from callcenter.store.tables import Hold, Recording
from transcripts.recogniser import Word
from transcripts.voice import Voice, joined


def judge_work(
    work: Work,
    standard: Standard,
    names: Sequence[str],
    transcripts: Mapping[str, Transcript],
    flow: Flow | None = None,
) -> list[Finding]:
    """The findings on a call; `transcripts` are by recording id, those that could not be read left out.
    `flow` is its desk's, or its agent's."""
    agent, caller = recordings_of(work, Role.AGENT), recordings_of(work, Role.CALLER)
    return judge(
        Case(
            standard,
            facts_of(work, flow),
            _hearing(standard, agent, transcripts),
            _hearing(standard, caller, transcripts),
            tuple(names),
            _duration(work, transcripts),
            _voice(agent, transcripts),
            _voice(caller, transcripts),
        )
    )


def recordings_of(work: Work, role: Role) -> list[Recording]:
    """The recordings of the legs of that role."""
    legs = {leg.id for leg in work.legs if leg.role == role.value}
    return [recording for recording in work.recordings if recording.leg_id in legs]


def facts_of(work: Work, flow: Flow | None = None) -> JudgeFacts:
    """What the signalling of a stored call says, and the flow of what is allowed."""
    call = work.call
    bound = next((leg.bound for leg in work.legs if leg.role == Role.AGENT.value and leg.bound), None)
    return JudgeFacts(
        rings=call.rings,
        hangup=HungUpBy(call.hung_up_by) if call.hung_up_by else None,
        line=Line(call.line),
        holds=tuple(_span(work, hold) for hold in work.holds),
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
    )


def _span(work: Work, hold: Hold) -> tuple[float, float]:
    zero = work.call.answered_at or work.call.started_at
    end = hold.ended_at or work.call.ended_at or hold.started_at
    return (hold.started_at - zero).total_seconds(), (end - zero).total_seconds()


def _came_back(work: Work) -> bool:
    """Whether an agent was rung and answered after the call had been sent to its (last) target."""
    targets = [leg.invite_at for leg in work.legs if leg.role == Role.TARGET.value]
    return bool(targets) and any(
        leg.role == Role.AGENT.value and leg.answered_at is not None and leg.invite_at >= max(targets)
        for leg in work.legs
    )


def _hearing(
    standard: Standard, recordings: Sequence[Recording], transcripts: Mapping[str, Transcript]
) -> Hearing | None:
    """What was heard of one party in all its recordings that could be read; None where none could."""
    read = [(transcripts[each.id], each.offset_seconds) for each in recordings if each.id in transcripts]
    if not read:
        return None
    words = [word.shifted(offset) for heard, offset in read for word in heard.words]
    spotted = [word.shifted(offset) for heard, offset in read for word in heard.spotted or ()]
    whole = any(heard.spotted is not None for heard, _ in read)
    return Hearing(_in_order(words), standard.thresholds, _in_order(spotted) if whole else None)


def _voice(recordings: Sequence[Recording], transcripts: Mapping[str, Transcript]) -> Voice | None:
    """What was measured of one party in all its recordings, on the call's clock; None where nothing was."""
    return joined(
        voice.shifted(each.offset_seconds)
        for each in recordings
        if each.id in transcripts and (voice := transcripts[each.id].voice) is not None
    )


def _in_order(words: list[Word]) -> list[Word]:
    return sorted(words, key=lambda word: word.start)


def _duration(work: Work, transcripts: Mapping[str, Transcript]) -> float:
    """Seconds of conversation: by the signalling, or by the sound where that is longer."""
    call = work.call
    heard = [
        each.offset_seconds + transcripts[each.id].seconds
        for each in work.recordings
        if each.id in transcripts
    ]
    return max([0.0, call.talk_seconds + call.hold_seconds, *heard])
