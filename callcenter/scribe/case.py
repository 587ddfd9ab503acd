"""From a call's rows and transcripts to its findings: pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.domain.calls import Role
from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.flows import Flow
from callcenter.judging.basis import Ground, basis_of, inputs_of
from callcenter.judging.case import Case
from callcenter.judging.facts import JudgeFacts
from callcenter.judging.hearing import Hearing
from callcenter.judging.judging import judge
from callcenter.judging.unlisted import doubt_unlisted
from callcenter.scribe.call_facts import CHINA, facts_of, record_time
from callcenter.scribe.hands import Transcript
from callcenter.store.jobs import Work
from callcenter.store.tables import Recording
from transcripts.recogniser import Word
from transcripts.voice import Voice, joined


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings on a call, and what they rest on."""

    findings: list[Finding]
    ground: Ground


def judge_work(
    work: Work,
    standard: Standard,
    names: Sequence[str],
    transcripts: Mapping[str, Transcript],
    flow: Flow | None = None,
    *,
    now: datetime | None = None,
    zone: ZoneInfo = CHINA,
) -> Judgement:
    """What a call comes to; `transcripts` are by recording id, those that could not be read left out.

    `flow` is its desk's, or its agent's; `zone` the desk's. What has to be written down by some time is
    judged if by `now` (UTC) it is over.
    """
    facts = facts_of(work, flow, record_time=record_time(standard), now=now, zone=zone)
    heard = {id: each.seconds for id, each in transcripts.items()}
    ground = Ground(basis_of(standard, names), inputs_of(facts, heard))
    return Judgement(judge_heard(work, facts, standard, names, transcripts), ground)


def judge_heard(
    work: Work,
    facts: JudgeFacts,
    standard: Standard,
    names: Sequence[str],
    transcripts: Mapping[str, Transcript],
    but: Container[str] = (),
) -> list[Finding]:
    """The findings by all rules `but` those; unsure where the narrow pass did not know what they rest on."""
    agent, caller = recordings_of(work, Role.AGENT), recordings_of(work, Role.CALLER)
    case = Case(
        standard,
        facts,
        _hearing(standard, agent, transcripts),
        _hearing(standard, caller, transcripts),
        tuple(names),
        _duration(work, transcripts),
        _voice(agent, transcripts),
        _voice(caller, transcripts),
    )
    found = judge(case, but)
    read = [transcripts[each.id] for each in agent if each.id in transcripts]
    return doubt_unlisted(found, standard, names, _listed(read)) if read else found


def _listed(read: Sequence[Transcript]) -> frozenset[str]:
    """A phrase counts as listened for where the narrow pass knew it in every recording of the agent."""
    return frozenset(read[0].phrases).intersection(*(each.phrases for each in read[1:]))


def recordings_of(work: Work, role: Role) -> list[Recording]:
    """The recordings of the legs of that role."""
    legs = {leg.id for leg in work.legs if leg.role == role.value}
    return [recording for recording in work.recordings if recording.leg_id in legs]


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
