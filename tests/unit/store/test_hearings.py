from __future__ import annotations

from sqlmodel import select

from callcenter.store.calls import forget_recordings
from callcenter.store.engine import make_engine, session
from callcenter.store.hearings import (
    Length,
    forget_hearings,
    keep_hearing,
    lengths_of,
    load_hearings,
)
from callcenter.store.tables import Heard, Listening
from tests.unit.scribe.rows import at, call, leg, recording
from transcripts.recogniser import Word
from transcripts.transcript import Transcript

FIRST = Transcript((Word("您好", 0.5, 1.0, 0.9),), (), 7.5, phrases=("您好",))
SECOND = Transcript((Word("你好", 0.5, 1.0, 0.9),), None, 7.5)


def test_what_was_heard_is_kept_by_recording(url: str) -> None:
    engine = make_engine(url)
    with session(engine) as db:
        for id in ("c1", "c2"):
            db.add(call(id))
            db.flush()
            db.add_all([leg(id, "caller", 0), leg(id, "agent", 1)])
            db.flush()
            db.add_all([recording(id, "agent", "a.wav"), recording(id, "caller", "b.wav")])
        db.flush()
        keep_hearing(db, "c1-agent-recording", SECOND, "vosk", at(20))
        keep_hearing(db, "c1-agent-recording", FIRST, "vosk", at(21))  # in place of it
        keep_hearing(db, "c2-caller-recording", SECOND, "whisper", at(21))
    with session(engine) as db:
        assert lengths_of(db, ["c1", "c3"]) == {
            "c1": {"c1-agent-recording": Length(FIRST.seconds, at(21))},
        }
        assert load_hearings(db, ["c1", "c2", "c3"]) == {
            "c1": {"c1-agent-recording": FIRST},
            "c2": {"c2-caller-recording": SECOND},
        }
        forget_hearings(db, ["c1-agent-recording"])
        assert load_hearings(db, ["c1", "c3"]) == {}
    engine.dispose()


def test_a_recording_that_is_taken_out_takes_along_what_was_heard(url: str) -> None:
    engine = make_engine(url)
    with session(engine) as db:
        db.add(call("c1"))
        db.flush()
        db.add(leg("c1", "agent", 0))
        db.flush()
        db.add(recording("c1", "agent", "a.wav"))
        db.flush()
        keep_hearing(db, "c1-agent-recording", FIRST, "vosk", at(20))
        db.add(Listening(recording_id="c1-agent-recording", worker="w", lease_until=at(30)))
    with session(engine) as db:
        forget_recordings(db, ["c1-agent-recording"])
    with session(engine) as db:
        assert not db.exec(select(Heard)).all()
        assert not db.exec(select(Listening)).all()
    engine.dispose()
