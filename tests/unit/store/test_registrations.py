"""Phones' registrations in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, select

from callcenter.store.engine import session
from callcenter.store.ledger import Ledger, Registered
from callcenter.store.registrations import Contact, load_contacts, save_contacts
from callcenter.store.tables import Registration

NOW = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=UTC)


def contact(user: str = "8001", port: int = 5060, seconds: float = 600.0) -> Contact:
    return Contact(
        user,
        f"sip:{user}@10.0.0.7:{port};ob",
        ("192.0.2.7", 40000 + port),
        "call-1",
        2**31 - 1,
        NOW + timedelta(seconds=seconds),
        ("<sip:edge.example.com;lr>", "<sip:10.0.0.1;lr>"),
    )


def test_what_is_saved_is_loaded_by_its_own_node(engine: Engine) -> None:
    two = [contact(port=1), contact(port=2, seconds=700.0)]
    with session(engine) as work:
        save_contacts(work, "node-1", {"8001": two})
        save_contacts(work, "node-2", {"8001": [contact(port=3)]})
    with session(engine) as work:
        assert load_contacts(work, "node-1", NOW) == two
        assert load_contacts(work, "node-2", NOW) == [contact(port=3)]


def test_the_newest_list_takes_the_place_of_the_last(engine: Engine) -> None:
    with session(engine) as work:
        save_contacts(work, "node-1", {"8001": [contact(port=1), contact(port=2)]})
        save_contacts(work, "node-1", {"8002": [contact("8002")]})
        save_contacts(work, "node-1", {"8001": [contact(port=2)]})
        save_contacts(work, "node-1", {"8002": []})
        assert load_contacts(work, "node-1", NOW) == [contact(port=2)]


def test_what_has_expired_is_gone(engine: Engine) -> None:
    with session(engine) as work:
        save_contacts(work, "node-1", {"8001": [contact(port=1, seconds=10.0), contact(port=2)]})
    with session(engine) as work:
        assert load_contacts(work, "node-1", NOW + timedelta(seconds=10)) == [contact(port=2)]
    with Session(engine) as work:
        assert len(work.exec(select(Registration)).all()) == 1


async def test_the_ledger_writes_them_in_order(engine: Engine) -> None:
    ledger = Ledger(engine, "test", "node-1", lambda: None)
    for port in range(1, 20):
        ledger.put(Registered("8001", (contact(port=port),)))
    ledger.put(Registered("8002", (contact("8002"),)))
    ledger.put(Registered("8002", ()))
    await ledger.close()
    with session(engine) as work:
        assert load_contacts(work, "node-1", NOW) == [contact(port=19)]
