"""What is read of a call, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.domain.calls import Role
from callcenter.store import jobs
from callcenter.store.search import By, Hits, Wanted, search
from callcenter.store.tables import Call, Leg, Recording, UtteranceRow
from callcenter.store.utterances import fill_in, keep_utterances, load_pieces
from tests.word_times import spoken

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NAMES = ("融创物业",)


def add_call(session: Session, id: str, started: datetime = START, desk: str = "front") -> None:
    """A call with a recording for the agent and the caller, which begin two seconds after its zero."""
    session.add(
        Call(id=id, site="s", node="n", direction="inbound", line="external", desk=desk, caller="1",
             callee="2", started_at=started)
    )  # fmt: skip
    session.flush()
    for position, role in enumerate((Role.CALLER, Role.AGENT)):
        leg = Leg(id=f"{id}-{role}", call_id=id, position=position, role=role, party="x", invite_at=started)
        session.add(leg)
        session.flush()
        session.add(
            Recording(id=f"{id}-{role}", call_id=id, leg_id=leg.id, path="x", codec="PCMA",
                      started_at=started, offset_seconds=2.0)
        )  # fmt: skip
    session.flush()


@pytest.fixture
def said(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        say(session)
        yield session


def say(session: Session) -> None:
    add_call(session, "old", START)
    add_call(session, "new", START.replace(day=21), desk="sales")
    keep_utterances(session, "old-agent", spoken("您好|蓉城|物业…请|稍等", confidence=0.6), names=NAMES)
    keep_utterances(
        session, "old-caller", spoken("我|家|主位|漏水|五栋|八楼|二号"), spoken("我|家|主卫|漏水")
    )
    keep_utterances(session, "new-caller", spoken("楼上|漏水|了"))
    session.commit()


def texts(hits: Hits) -> list[str]:
    return ["".join(piece.text for piece in hit.pieces) for hit in hits.items]


def test_what_is_read_and_what_was_heard(said: Session) -> None:
    found = load_pieces(said, "old")
    assert [[piece.text for piece in each] for each in found["old-agent"]] == [
        ["您好", "融创物业"],
        ["请", "稍等"],
    ]
    assert found["old-agent"][0][1].heard == "蓉城物业"
    assert [piece.text for piece in found["old-caller"][0]][-1] == "5栋802"
    assert load_pieces(said, "nothing") == {}


def test_keeping_again_replaces(said: Session) -> None:
    keep_utterances(said, "new-caller", spoken("再见"))
    said.commit()
    assert texts(search(said, Wanted("漏水"))) == ["我家主卫漏水5栋802"]
    assert texts(search(said, Wanted("再见"))) == ["再见"]
    keep_utterances(said, "new-caller", [])
    assert texts(search(said, Wanted("再见"))) == []


SEARCHES: tuple[tuple[Wanted, list[str]], ...] = (
    (Wanted("漏水"), ["new", "old"]),
    (Wanted("楼上 漏水"), ["new"]),
    (Wanted("漏水", role=Role.AGENT), []),
    (Wanted("漏水", desk="front"), ["old"]),
    (Wanted("漏水", since=START.replace(day=21)), ["new"]),
    (Wanted("漏水", before=START.replace(day=21)), ["old"]),
    (Wanted("融创物业"), ["old"]),
    (Wanted("蓉城", By.CHARACTERS), ["old"]),
    (Wanted("5栋802"), ["old"]),
    (Wanted("五栋八楼二号", By.CHARACTERS), ["old"]),
    (Wanted("802"), ["old"]),
    (Wanted("主卫"), ["old"]),
    (Wanted("主位", By.CHARACTERS), ["old"]),
    (Wanted("娄水", By.CHARACTERS), []),
    (Wanted("楼尚", By.SOUND), ["new"]),
    (Wanted("荣成物业", By.CHARACTERS), []),
    (Wanted("荣城物业"), ["old"]),
    (Wanted("水漏"), []),
    (Wanted("物业请"), []),
    (Wanted(""), []),
    (Wanted("，。"), []),
    (Wanted('"; DROP'), []),
)


def test_search(said: Session) -> None:
    for wanted, calls in SEARCHES:
        hits = search(said, wanted)
        assert [hit.call.id for hit in hits.items] == calls, wanted
        assert hits.total == len(calls)


def test_a_hit_tells_where_it_is_and_which_pieces_fit(said: Session) -> None:
    (hit,) = search(said, Wanted("物业")).items
    assert (hit.role, round(hit.start, 3), round(hit.end, 3)) == (Role.AGENT, 2.0, 3.2)
    assert [hit.pieces[place].text for place in hit.found] == ["融创物业"]
    (hit,) = search(said, Wanted("家主位漏")).items
    assert sorted(hit.pieces[place].text for place in hit.found) == sorted(["家", "主卫", "漏水"])


def test_pages(said: Session) -> None:
    first, second = (search(said, Wanted("漏水"), page=page, size=1) for page in (1, 2))
    assert [first.items[0].call.id, second.items[0].call.id] == ["new", "old"]
    assert first.total == second.total == 2


def test_what_is_forgotten_is_not_found(said: Session) -> None:
    said.delete(said.get_one(Recording, "new-caller"))
    said.commit()
    assert [hit.call.id for hit in search(said, Wanted("漏水")).items] == ["old"]


def test_recordings_of_before_are_filled_in(engine: Engine) -> None:
    with Session(engine) as session:
        add_call(session, "c")
        for role in ("agent", "caller"):
            jobs.replace_words(session, f"c-{role}", spoken("三栋|一|二|零|一"))
        session.commit()
        assert fill_in(session, 1) == ["c-agent"]
        assert fill_in(session, 10, after="c-agent") == ["c-caller"]
        assert fill_in(session, 10) == []
        assert {row.text for row in session.exec(select(UtteranceRow))} == {"3栋1201"}
        assert search(session, Wanted("3栋")).total == 2
