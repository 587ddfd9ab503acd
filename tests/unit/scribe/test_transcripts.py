"""Transcripts as they are read back from the database."""

from __future__ import annotations

from sqlalchemy import Engine

from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.transcripts import (
    call_transcript,
    transcript_json,
    transcript_text,
    transcript_vtt,
)
from callcenter.store.utterances import keep_utterances
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
    assert transcript_text(utterances).splitlines()[1] == "[00:00:06] 来电人：你好"


def test_what_is_read_beside_what_was_heard(engine: Engine) -> None:
    said(engine)
    heard, second = words((0.5, "您好 高位 物业")), words((0.5, "您好 高 卫 物业"))
    with session(engine) as db:
        jobs.replace_words(db, "c1-agent-recording", heard)
        keep_utterances(db, "c1-agent-recording", heard, second, ["高卫物业"])
    with session(engine) as db:
        first = transcript_json(call_transcript(db, "c1"))[0]
    assert (first["text"], first["heard"]) == ("您好高卫物业", "您好高位物业")
    assert [(each["text"], each["heard"]) for each in first["pieces"]][1:] != [
        ("高位", "高位"),
        ("物业", "物业"),
    ]
    assert first["pieces"][0] == {
        "text": "您好",
        "heard": "您好",
        "start": 2.5,
        "end": 3.0,
        "confidence": 1.0,
    }
    assert [each["text"] for each in first["words"]] == ["您好", "高位", "物业"]


def test_a_call_of_before_is_read_with_its_numbers(engine: Engine) -> None:
    said(engine)
    with session(engine) as db:
        jobs.replace_words(db, "c1-caller-recording", words((6.0, "三栋 一 二 零 一")))
    with session(engine) as db:
        assert call_transcript(db, "c1")[1].text == "3栋1201"
