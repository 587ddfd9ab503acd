"""A switchboard that starts again finds its phones where they were."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from callcenter.store.registrations import Contact, load_contacts
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.keeping import (
    keep_registrations,
    kept_registrations,
    restore_registrations,
)
from sip.digest import Check
from tests.board import Switchboard, settings_for
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone
from tests.unit.switchboard.test_accounts import SETTINGS, SOURCE, request, signed

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CONTACT = Contact(
    "8001",
    "sip:8001@10.0.0.7:5060",
    SOURCE,
    "a@10.0.0.7",
    1,
    NOW + timedelta(seconds=60),
    ("<sip:10.0.0.5;lr>",),
)


def test_a_registration_is_restored_with_what_it_has_left() -> None:
    accounts = Accounts(SETTINGS)
    assert restore_registrations(accounts, [CONTACT], NOW + timedelta(seconds=10), 1000.0) == 1
    (binding,) = accounts.bindings("8001", 1049.0)
    assert str(binding.path[0].uri) == "sip:10.0.0.5;lr"
    assert accounts.bindings("8001", 1051.0) == []
    assert accounts.guard is not None
    assert accounts.guard.trusts(SOURCE[0], 1049.0) and not accounts.guard.trusts(SOURCE[0], 1051.0)


def test_what_cannot_be_read_or_is_nobodys_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    accounts = Accounts(SETTINGS)
    bad = Contact("8002", "not a URI", SOURCE, "x", 1, NOW + timedelta(seconds=60))
    gone = Contact("7777", "sip:7777@10.0.0.7", SOURCE, "x", 1, NOW + timedelta(seconds=60))
    with caplog.at_level(logging.WARNING):
        restore_registrations(accounts, [bad, gone, CONTACT], NOW, 0.0)
    assert "registration unreadable user=8002" in caplog.text
    assert accounts.registered(1.0) == ["8001"]


def test_an_answer_from_before_the_restart_is_not_taken_but_its_password_is_not_doubted() -> None:
    """Nonce counts are not kept: what could be replayed is asked for again."""
    before, after = Accounts(SETTINGS), Accounts(SETTINGS)
    message = signed(before, request("REGISTER"), "8001", "secret-8001")
    assert before.admit(message, SOURCE, 1.0).identity == "8001"
    admission = after.admit(message, SOURCE, 1.0)
    assert (admission.identity, admission.status) == (None, 401)
    assert "stale=true" in admission.challenges[0]
    assert after.counters["wrong_password"] == 0
    assert after._digest.check(message, "another password", 1.0) is Check.WRONG


async def test_phones_are_kept_and_reached_by_the_next_switchboard(
    desk: Switchboard, make_phone: MakePhone
) -> None:
    keep_registrations(desk.board.accounts, desk.board.ledger, lambda: datetime.now(UTC))
    phone = await make_phone("1")
    await desk.board.ledger.flush()
    again = Accounts(settings_for(desk.board.settings.data))
    kept = kept_registrations(desk.engine, "node-1")
    assert restore_registrations(again, kept, datetime.now(UTC), 0.0) == 1
    (binding,) = again.bindings("1", 1.0)
    assert binding.contact.port == phone.agent.local.port
    await phone.stop()  # takes its contact away

    def gone() -> bool:
        with Session(desk.engine) as session:
            return load_contacts(session, "node-1", datetime.now(UTC)) == []

    await eventually(gone)
