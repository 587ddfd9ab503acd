"""Fills a database with a realistic day: calls with real sound, words, findings, records and tickets.

`python -m tests.seed DATA` writes DATA/callcenter.db and DATA/recordings, to look at the pages with.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.calls import (
    AnnouncementFacts,
    CallFacts,
    Direction,
    HoldFacts,
    HungUpBy,
    LegFacts,
    Line,
    Outcome,
    RecordingFacts,
    Role,
)
from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reasons import Code, Reason, reason
from callcenter.domain.rings import count_rings, judge_rings
from callcenter.settings import Settings
from callcenter.standards import load_standard
from callcenter.store import migrate
from callcenter.store.calls import save_call, save_recording
from callcenter.store.engine import make_engine
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets
from callcenter.store.records import fill_record
from callcenter.store.tables import Job, Word
from callcenter.store.tickets import add_note, open_ticket
from callcenter.store.utterances import fill_in

DIALOGUES = Path(__file__).parent.parent / "callcenter" / "demo" / "dialogues"

SETTINGS: dict[str, Any] = {
    "desk": [
        {"id": "front", "number": "8000", "name": "万科物业", "agents": ["8001", "8002"]},
        {"id": "sales", "number": "8010", "name": "售楼处", "agents": ["8003"]},
    ],
    "extension": [
        *(
            {"number": number, "name": name, "password": "seed"}
            for number, name in (("8001", "李敏"), ("8002", "王芳"), ("8003", "陈杰"), ("8100", "工程部"))
        ),
        {"number": "8090", "name": "周洋", "password": "seed", "role": "admin"},
        {"number": "8009", "name": "赵琳", "password": "seed", "role": "supervisor"},
    ],
}


def seed_settings(data: Path, **overrides: Any) -> Settings:
    """Settings with two desks, whose database and recordings lie in `data`."""
    return Settings(**{**SETTINGS, "data": data, **overrides})


@dataclass(frozen=True)
class Script:
    """One call to write. Seconds; `offset` is how long before `now` it began."""

    id: str
    offset: float
    caller: str = "13800138000"
    agent: str = "8001"
    desk: str = "front"
    ring: float | None = 6.2
    answered: bool = True
    talk: float = 60.0
    outcome: Outcome | None = Outcome.ANSWERED
    dialogue: str = ""
    fails: tuple[str, ...] = ()
    transfer: bool = False
    hold: bool = False


MAIN = (
    Script("call-good", 5400, ring=7.312, dialogue="repair-good"),
    Script("call-late", 4200, "13911112222", "8002", ring=21.348, dialogue="late-answer"),
    Script(
        "call-rude", 3100, "02585001234", "8002", ring=4.9, dialogue="greeting-missing", fails=("opening",)
    ),
    Script("call-transfer", 1900, "18651239876", ring=8.05, dialogue="transfer-good", transfer=True),
    Script("call-abandoned", 1200, "13701010101", ring=17.6, answered=False, outcome=Outcome.ABANDONED),
)
LIVE = (
    Script("call-talking", 95, "18900001111", "8002", ring=5.5, talk=85, outcome=None, hold=True),
    Script("call-ringing", 4, "13655557777", ring=3.2, answered=False, outcome=None),
)
RULES = ("opening", "anything_else", "closing", "caller_hangs_up_first")


def facts_of(script: Script, now: datetime) -> CallFacts:
    """The call's snapshot as the switchboard would have made it."""
    start = now - timedelta(seconds=script.offset)
    ringing = start + timedelta(seconds=0.4)
    answered = ringing + timedelta(seconds=script.ring or 0) if script.answered else None
    live = script.outcome is None
    end = None if live else (answered or ringing + timedelta(seconds=script.ring or 0))
    if end is not None and answered is not None:
        end += timedelta(seconds=script.talk)
    verdict = judge_rings(script.ring, answered=script.answered, max_rings=3)
    judged = verdict if not live or script.answered else Verdict.NOT_APPLICABLE
    who = (HungUpBy.CALLER if script.ring and not script.fails else HungUpBy.AGENT) if end else None
    rings = 0 if live and not script.answered else count_rings(script.ring)
    agent = LegFacts(
        f"{script.id}-agent",
        Role.AGENT,
        script.agent,
        start + timedelta(seconds=0.05),
        "a@seed",
        ringing,
        answered,
        end,
        rings,
        script.ring if script.answered or not live else None,
        3,
        judged,
        who,
        "PCMA",
        200 if answered else (487 if end else 180),
    )
    caller = LegFacts(
        f"{script.id}-caller",
        Role.CALLER,
        script.caller,
        start,
        "c@seed",
        ringing,
        answered,
        end,
        hung_up_by=who,
        codec="PCMA",
        final_status=200 if answered else None,
    )
    facts = CallFacts(
        script.id,
        Direction.INBOUND,
        Line.EXTERNAL,
        script.caller,
        "8000",
        start,
        script.desk,
        "vanke",
        ringing,
        answered,
        end,
        script.outcome,
        rings,
        agent.ring_seconds,
        judged,
        (script.ring or 0) + 0.4,
        script.talk if answered else 0.0,
        0.0,
        who,
        None,
        (caller, agent),
    )
    if script.hold and answered:
        facts = replace(facts, holds=(HoldFacts(agent.id, answered + timedelta(seconds=40)),))
    return _transferred(facts, caller, agent) if script.transfer else facts


def _transferred(facts: CallFacts, caller: LegFacts, agent: LegFacts) -> CallFacts:
    """The call went to a busy extension and came back to the desk."""
    assert facts.answered_at and facts.ended_at
    left = facts.answered_at + timedelta(seconds=8)
    back = left + timedelta(seconds=5)
    first = replace(agent, ended_at=left, hung_up_by=HungUpBy.SYSTEM)
    target = LegFacts(
        f"{facts.id}-target",
        Role.TARGET,
        "8100",
        left,
        ended_at=left + timedelta(seconds=0.2),
        final_status=486,
    )
    again = LegFacts(
        f"{facts.id}-again",
        Role.AGENT,
        "8002",
        back,
        "b@seed",
        back + timedelta(seconds=0.2),
        back + timedelta(seconds=4.3),
        facts.ended_at,
        1,
        4.1,
        3,
        Verdict.PASS,
        None,
        "PCMA",
        200,
    )
    said = AnnouncementFacts(caller.id, "busy-to-desk", left + timedelta(seconds=0.3), back)
    return replace(facts, transfer_to="8100", legs=(caller, first, target, again), announcements=(said,))


def seed(engine: Engine, settings: Settings, now: datetime, *, filler: int = 0, live: bool = True) -> None:
    """Makes the tables and writes the day: five told calls, two that last, `filler` more before them."""
    migrate.upgrade(engine.url.render_as_string(hide_password=False))
    with Session(engine) as session:
        for script in MAIN + (LIVE if live else ()) + tuple(_filler(filler)):
            facts = facts_of(script, now)
            save_call(session, facts, "main", "seed")
            if facts.answered_at and facts.ended_at:
                _judge(session, facts, script)
            if script.dialogue:
                _record(session, facts, script, settings.recordings)
        fill_in(session, 1000)
        _paperwork(session, now)
        session.commit()


def add_dialogue(engine: Engine, settings: Settings, script: Script, now: datetime) -> None:
    """Writes what follows a call: its end, its sound, its words and its findings."""
    facts = facts_of(script, now)
    with Session(engine) as session:
        save_call(session, facts, "main", "seed")
        _judge(session, facts, script)
        _record(session, facts, script, settings.recordings)
        session.commit()


def _filler(number: int) -> list[Script]:
    chance = random.Random(3)
    scripts = []
    for index in range(number):
        answered = chance.random() < 0.93
        ring = chance.choice(
            (2.1, 3.4, 4.8, 6.0, 7.7, 9.2, 11.4, 13.9, 16.2 if chance.random() < 0.4 else 5.1)
        )
        scripts.append(
            Script(
                f"call-{index:04d}",
                6000 + index * chance.uniform(280, 420),
                f"13{chance.randrange(10**9):09d}",
                chance.choice(("8001", "8002", "8003")),
                chance.choice(("front", "front", "sales")),
                ring,
                answered,
                chance.uniform(20, 260),
                Outcome.ANSWERED if answered else Outcome.ABANDONED,
                fails=tuple(rule for rule in RULES if chance.random() < 0.06),
            )
        )
    return scripts


def _judge(session: Session, facts: CallFacts, script: Script) -> None:
    """Findings as the scribe writes them, with the words of the dialogue as evidence."""
    heard = {
        "opening": "您好万科物业",
        "anything_else": "请问还有什么可以帮到您吗",
        "closing": "谢谢您的电话再见",
    }
    spans = {"opening": (0.6, 2.1), "anything_else": (15.0, 17.2), "closing": (18.0, 19.9)}
    found = []
    for rule in ("three_rings", *RULES):
        failed = rule in script.fails or (rule == "three_rings" and facts.three_rings == "fail")
        start, end = spans.get(rule, (None, None)) if script.dialogue == "repair-good" else (None, None)
        why = _why(rule, failed, facts, heard.get(rule, ""))
        said = "" if failed else heard.get(rule, "")
        verdict = Verdict.FAIL if failed else Verdict.PASS
        found.append(Finding(rule, verdict, f"vanke {rule}", start, end, said, why))
    standard = Weighed.of(replace(load_standard("vanke"), version="1"))
    judged = Judged(standard, "seed", facts.ended_at or facts.started_at)
    add_sets(session, [NewSet(facts.id, found, judged)])


def _why(rule: str, failed: bool, facts: CallFacts, heard: str) -> Reason:
    if rule == "three_rings":
        limit = {"limit": 3, "limit_seconds": 15.0}
        return reason(Code.ANSWERED_AFTER, rings=facts.rings, seconds=facts.ring_seconds or 0.0, **limit)
    if rule == "caller_hangs_up_first":
        return Reason(Code.AGENT_FIRST if failed else Code.CALLER_FIRST)
    return Reason(Code.NO_PHRASE) if failed else reason(Code.HEARD, phrases=f"「{heard}」")


def _record(session: Session, facts: CallFacts, script: Script, recordings: Path) -> None:
    folder = recordings / f"{facts.started_at:%Y/%m/%d}" / facts.id
    folder.mkdir(parents=True, exist_ok=True)
    story = json.loads((DIALOGUES / f"{script.dialogue}.json").read_text("utf-8"))
    session.add(Job(call_id=facts.id, state="done", created_at=facts.started_at, finished_at=facts.ended_at))
    assert facts.answered_at
    for side, leg in (("caller", facts.legs[0]), ("agent", facts.legs[1])):
        sound = (DIALOGUES / f"{script.dialogue}.{side}.wav").read_bytes()
        (folder / f"{leg.id}.wav").write_bytes(sound)
        path = str((folder / f"{leg.id}.wav").relative_to(recordings))
        save_recording(
            session,
            RecordingFacts(
                leg.id, facts.id, leg.id, path, "PCMA", facts.answered_at, 0.0, True, story["seconds"]
            ),
        )
        spoken = [line for line in story["timeline"] if line["leg"] == side]
        session.add_all(_words(leg.id, spoken))


def _words(recording_id: str, lines: list[dict[str, Any]]) -> list[Word]:
    """The dialogue's own lines, cut into pairs of characters spread over their time."""
    words: list[Word] = []
    for line in lines:
        text = "".join(letter for letter in line["text"] if letter.isalnum())
        pairs = [text[at : at + 2] for at in range(0, len(text), 2)]
        step = (line["end"] - line["start"]) / max(1, len(pairs))
        for index, pair in enumerate(pairs):
            start = line["start"] + index * step
            sure = 0.45 if index % 9 == 8 else 0.97
            words.append(
                Word(
                    recording_id=recording_id,
                    position=len(words),
                    text=pair,
                    start=start,
                    end=start + step,
                    confidence=sure,
                )
            )
    return words


def _paperwork(session: Session, now: datetime) -> None:
    entry = {
        "household": "8栋1202",
        "surname": "张",
        "telephone": "13800138000",
        "matter": "厨房水管漏水",
        "kind": "repair",
    }
    fill_record(session, "call-good", entry, by="李敏", now=now - timedelta(seconds=5200))
    fix = {"matter": "厨房水管漏水，已关总阀"}
    fill_record(session, "call-good", fix, by="王芳", now=now - timedelta(seconds=3000), reason="住户补充")
    ticket = open_ticket(
        session,
        kind="repair",
        title="8栋1202 厨房水管漏水",
        by="李敏",
        now=now - timedelta(seconds=5100),
        household="8栋1202",
        due_at=now + timedelta(hours=2),
        call_id="call-good",
    )
    assert ticket.id is not None
    add_note(
        session, ticket.id, "已通知工程部，师傅半小时内到。", by="李敏", now=now - timedelta(seconds=5000)
    )
    open_ticket(
        session,
        kind="complaint",
        title="地下车库照明不亮",
        by="王芳",
        now=now - timedelta(days=1),
        household=None,
        due_at=now - timedelta(hours=3),
        call_id="call-late",
    )


def main() -> None:
    data = Path(sys.argv[1])
    data.mkdir(parents=True, exist_ok=True)
    settings = seed_settings(data)
    seed(make_engine(settings.database_url), settings, datetime.now(UTC), filler=46)


if __name__ == "__main__":
    main()
