from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine, select
from sqlmodel import col

from callcenter.domain.calls import Outcome
from callcenter.store import outbox
from callcenter.store.calls import hand_over, save_call, save_recording
from callcenter.store.engine import session
from callcenter.store.recovery import interrupt_unfinished
from callcenter.store.tables import Announcement, Call, Hold, Job, Leg, Recording
from tests.unit.store.facts import answered, at, call, recording

NOW = at(3600)


def half_a_minute(_path: str) -> float:
    return 30.0


def events(engine: Engine) -> list[tuple[str, str]]:
    with session(engine) as work:
        return [
            (row.payload["subject"], row.topic.rpartition("/")[2])
            for row in outbox.pending(work, "switchboard")
        ]


def crash_in_a_call(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, answered(), "main", "node")
        for leg in ("caller", "agent"):
            save_recording(work, recording(leg=leg))


def test_a_call_under_way_is_interrupted_at_the_last_instant_known(engine: Engine) -> None:
    crash_in_a_call(engine)
    with session(engine) as work:
        assert interrupt_unfinished(work, "node", NOW, half_a_minute) == ["c1"]
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert (kept.outcome, kept.hung_up_by) == ("interrupted", "network")
        assert kept.ended_at == at(36)  # the recordings began at 6 and hold 30 s
        assert (kept.wait_seconds, kept.hold_seconds, kept.talk_seconds) == (6.0, 4.0 + 16.0, 10.0)
        for leg in work.scalars(select(Leg)):
            assert (leg.ended_at, leg.hung_up_by) == (at(36), "network")
        for found in work.scalars(select(Recording)):
            assert (found.finished, found.duration_seconds) == (True, 30.0)
        assert [hold.ended_at for hold in work.scalars(select(Hold).order_by(col(Hold.id)))] == [
            at(14),
            at(36),
        ]
        assert [prompt.ended_at for prompt in work.scalars(select(Announcement))] == [at(36)]
        assert work.get(Job, "c1") is not None
    assert events(engine) == [("c1", "ended"), ("c1", "recorded")]


def test_the_end_is_never_in_the_future(engine: Engine) -> None:
    crash_in_a_call(engine)
    with session(engine) as work:
        interrupt_unfinished(work, "node", at(25), half_a_minute)
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert kept.ended_at == at(25)


def test_a_ringing_call_waited_to_its_last_instant(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call(), "main", "node")
    with session(engine) as work:
        interrupt_unfinished(work, "node", NOW, half_a_minute)
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert (kept.ended_at, kept.wait_seconds, kept.talk_seconds) == (at(1), 1.0, 0.0)


def test_another_nodes_calls_are_left_alone(engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, answered("other"), "main", "second")
    with session(engine) as work:
        assert interrupt_unfinished(work, "node", NOW, half_a_minute) == []
    with session(engine) as work:
        kept = work.get(Call, "other")
        assert kept is not None
        assert kept.outcome is None
    assert events(engine) == []


def test_an_ended_call_that_was_not_handed_over_gets_its_job(engine: Engine) -> None:
    ended = answered(ended_at=at(30), outcome=Outcome.ANSWERED)
    with session(engine) as work:
        save_call(work, ended, "main", "node")
        save_recording(work, recording())
    with session(engine) as work:
        assert interrupt_unfinished(work, "node", NOW, half_a_minute) == []
    with session(engine) as work:
        kept, job, file = work.get(Call, "c1"), work.get(Job, "c1"), work.get(Recording, "c1-agent-recording")
        assert kept is not None and job is not None and file is not None
        assert (kept.outcome, kept.ended_at) == ("answered", at(30))
        assert (file.finished, file.duration_seconds) == (True, 30.0)
    assert events(engine) == [("c1", "recorded")]


def test_a_second_start_finds_nothing_to_do(engine: Engine) -> None:
    crash_in_a_call(engine)
    with session(engine) as work:
        save_call(work, answered("done", outcome=Outcome.ANSWERED, ended_at=at(9)), "main", "node")
        done = work.get(Call, "done")
        assert done is not None
        hand_over(work, done, "switchboard", at(9), {})
    for _ in range(2):
        with session(engine) as work:
            interrupt_unfinished(work, "node", NOW, half_a_minute)
    assert events(engine) == [("done", "recorded"), ("c1", "ended"), ("c1", "recorded")]


def test_a_recording_that_cannot_be_read_has_no_length(engine: Engine) -> None:
    def unreadable(path: str) -> float | None:
        if "caller" in path:
            return None
        raise ValueError(f"{path} is no WAV file")

    crash_in_a_call(engine)
    with session(engine) as work:
        interrupt_unfinished(work, "node", NOW, unreadable)
    with session(engine) as work:
        kept = work.get(Call, "c1")
        assert kept is not None
        assert kept.ended_at == at(21)
        assert [file.duration_seconds for file in work.scalars(select(Recording))] == [None, None]


def test_a_leg_that_had_ended_keeps_its_end(engine: Engine) -> None:
    facts = answered()
    gone = replace(facts.legs[1], ended_at=at(15))
    with session(engine) as work:
        save_call(work, replace(facts, legs=(facts.legs[0], gone)), "main", "node")
    with session(engine) as work:
        interrupt_unfinished(work, "node", NOW, half_a_minute)
    with session(engine) as work:
        leg = work.get(Leg, "c1-agent")
        assert leg is not None
        assert (leg.ended_at, leg.hung_up_by) == (at(15), None)
