"""Transcripts as they are read back from the database."""

from __future__ import annotations

from sqlalchemy import Engine

from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.transcripts import call_transcript, leg_words, transcript_json, transcript_vtt
from tests.unit.judging.said import words
from tests.unit.scribe.rows import call, leg, recording


def said(engine: Engine) -> None:
    with session(engine) as db:
        db.add(call("c1"))
        db.flush()
        db.add_all([leg("c1", "caller", 0), leg("c1", "agent", 1)])
        db.flush()
        db.add_all([recording("c1", "caller", "c.wav"), recording("c1", "agent", "a.wav", offset=2.0)])
        db.flush()
        jobs.replace_words(db, "c1-caller-recording", words((6.0, "你好")))
        jobs.replace_words(db, "c1-agent-recording", words((0.5, "您好 万科"), (9.0, "再见")))


def test_utterances_in_call_time(engine: Engine) -> None:
    said(engine)
    with session(engine) as db:
        utterances = call_transcript(db, "c1")
        assert call_transcript(db, "other") == []
        assert [(leg_id, role.value, len(heard)) for leg_id, role, heard in leg_words(db, "c1")] == [
            ("c1-caller", "caller", 1),
            ("c1-agent", "agent", 3),
        ]
    assert [(each.speaker, each.start, each.text) for each in utterances] == [
        ("坐席", 2.5, "您好万科"),
        ("来电人", 6.0, "你好"),
        ("坐席", 11.0, "再见"),
    ]


def test_as_json_and_vtt(engine: Engine) -> None:
    said(engine)
    with session(engine) as db:
        utterances = call_transcript(db, "c1")
    first = transcript_json(utterances)[0]
    assert (first["role"], first["start"], first["end"]) == ("agent", 2.5, 3.5)
    assert first["words"][0] == {"text": "您好", "start": 2.5, "end": 3.0, "confidence": 1.0}
    assert "00:00:06.000 --> 00:00:06.500\n<v 来电人>你好" in transcript_vtt(utterances)
