from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from callcenter.scribe import filling
from callcenter.scribe.filling import fill_in_all
from callcenter.store import jobs
from callcenter.store.engine import session
from callcenter.store.tables import UtteranceRow
from tests.unit.scribe.rows import call, leg, recording
from tests.word_times import spoken

Work = Callable[[Session], list[str]]


def transcribed(engine: Engine, count: int) -> None:
    with session(engine) as db:
        for number in range(count):
            db.add(call(f"c{number}"))
            db.flush()
            db.add(leg(f"c{number}", "agent", 0))
            db.flush()
            db.add(recording(f"c{number}", "agent", "a.wav"))
            db.flush()
            jobs.replace_words(db, f"c{number}-agent-recording", spoken("高位|物业", confidence=0.5))


async def test_all_of_before_are_filled_in(engine: Engine) -> None:
    transcribed(engine, filling.AT_ONCE + 1)

    async def in_session(work: Work) -> list[str]:
        with session(engine) as db:
            return work(db)

    assert await fill_in_all(in_session, ["高卫物业"], asyncio.Event(), rest=0.0) == filling.AT_ONCE + 1
    with session(engine) as db:
        assert {row.text for row in db.exec(select(UtteranceRow))} == {"高卫物业"}
    assert await fill_in_all(in_session, [], asyncio.Event()) == 0


async def test_a_database_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "AGAIN", 0.0)
    answers: list[Exception | list[str]] = [OperationalError("SELECT", {}, Exception("away")), ["a", "b"], []]

    async def in_session(_work: Work) -> list[str]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await fill_in_all(in_session, [], asyncio.Event(), rest=0.0) == 2
    assert answers == []


async def test_it_stops_when_the_scribe_does() -> None:
    stop = asyncio.Event()

    async def in_session(_work: Work) -> list[str]:
        stop.set()
        return ["a"]

    assert await fill_in_all(in_session, [], stop) == 1
