"""Claims of callbacks: whoever is first has it, be it a page, a command or a kept place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from callcenter.domain.callbacks import CallbackError
from callcenter.domain.calls import Outcome
from callcenter.store import callbacks, migrate
from callcenter.store.calls import save_call
from callcenter.store.engine import make_engine, session
from callcenter.store.tickets import NotFoundError
from callcenter.switchboard.claiming import Claiming
from tests.unit.store.facts import at, call


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    engine = make_engine(url)
    missed = call("missed", caller="13800000000", outcome=Outcome.NO_ANSWER, ended_at=at(20))
    with session(engine) as work:
        save_call(work, missed, "main", "node-1")
        callbacks.follow(work, missed, callbacks.Teller("switchboard", "main"))
    yield engine
    engine.dispose()


async def test_of_two_who_claim_at_once_one_has_it(engine: Engine) -> None:
    claiming = Claiming(engine, "main")
    both = await asyncio.gather(claiming.claim_for("missed", "1"), claiming.claim_for("missed", "2"))
    (had,) = [each for each in both if each is not None]
    assert (had.state, had.number) == ("claimed", "13800000000") and had.id is not None
    with pytest.raises(CallbackError):
        await claiming.claim(had.id, "3")


async def test_a_claim_is_given_back_by_its_holder_only(engine: Engine) -> None:
    claiming = Claiming(engine, "main")
    had = await claiming.claim_for("missed", "1")
    assert had is not None and had.id is not None
    await claiming.release(had.id, "2")
    assert await claiming.claim_for("missed", "2") is None
    await claiming.release(had.id, "1")
    again = await claiming.claim(had.id, "2")
    assert again.claimed_by == "2"


async def test_what_is_settled_or_was_never_asked_for_cannot_be_claimed(engine: Engine) -> None:
    claiming = Claiming(engine, "main")
    had = await claiming.claim_for("missed", "1")
    assert had is not None and had.id is not None
    with session(engine) as work:
        callbacks.finish(work, had.id, "1", "settled", "", at(60), callbacks.Teller("web", "main"))
    assert await claiming.claim_for("missed", "1") is None
    assert await claiming.claim_for("another call", "1") is None
    with pytest.raises(NotFoundError):
        await claiming.claim(999, "1")
