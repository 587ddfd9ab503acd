"""What the scribe found out about a call, put into the database as one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from callcenter.domain.calls import EventName
from callcenter.domain.findings import Finding
from callcenter.scribe.hands import Transcript
from callcenter.scribe.lease import ClaimLost
from callcenter.store import jobs, outbox
from callcenter.store.hearings import keep_hearing
from callcenter.store.jobs import Claim
from callcenter.store.judgings import Judged, NewSet
from callcenter.store.scores import keep_sets
from callcenter.store.tables import Call
from callcenter.store.utterances import keep_utterances

ROLE = "scribe"


@dataclass(frozen=True, slots=True)
class Result:
    """`heard` is by recording id; `error` is what went wrong; `failed`: no more attempts are made."""

    findings: Sequence[Finding]
    judged: Judged
    heard: Mapping[str, Transcript] = field(default_factory=dict)
    error: str | None = None
    failed: bool = False


def commit(
    db: Session, site: str, claim: Claim, call: Call, result: Result, names: Sequence[str] = ()
) -> None:
    """Ends the job, replaces the words, adds a set of findings, and leaves `transcribed` and `judged`.

    `names` are those of the lexicon.

    Raises ClaimLost, before anything is changed, where another scribe has taken the call over.
    """
    if not jobs.finish(db, claim, result.judged.at, error=result.error, failed=result.failed):
        raise ClaimLost
    for recording_id, transcript in result.heard.items():
        jobs.replace_words(db, recording_id, transcript.words)
        keep_utterances(db, recording_id, transcript.words, transcript.second, names)
        keep_hearing(db, recording_id, transcript, result.judged.engine, result.judged.at)
    keep_sets(db, [NewSet(call.id, result.findings, result.judged)])
    if result.heard:  # else there was nothing to transcribe
        words = sum(len(transcript.words) for transcript in result.heard.values())
        _tell(
            db,
            site,
            call,
            EventName.TRANSCRIBED,
            result.judged,
            {"words": words, "engine": result.judged.engine},
        )
    tell_judged(db, site, call, result.findings, result.judged)


def tell_judged(db: Session, site: str, call: Call, findings: Sequence[Finding], judged: Judged) -> None:
    """Leaves the event `judged` for a new set of verdicts."""
    standard = {"standard": judged.standard.name, "version": judged.standard.version}
    verdicts = {finding.rule: finding.verdict.value for finding in findings}
    _tell(db, site, call, EventName.JUDGED, judged, {**standard, "verdicts": verdicts})


def _tell(
    db: Session, site: str, call: Call, event: EventName, judged: Judged, data: dict[str, object]
) -> None:
    outbox.add(db, role=ROLE, site=site, event=event, call=call, data=data, now=judged.at)
