"""Registrations over a restart: from the registrar to the ledger, and back at the start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from callcenter.store.engine import session
from callcenter.store.ledger import Ledger, Registered
from callcenter.store.registrations import Contact, load_contacts
from callcenter.switchboard.accounts import Accounts
from sip.registrar import SavedBinding

log = logging.getLogger(__name__)


def keep_registrations(accounts: Accounts, ledger: Ledger, utc: Callable[[], datetime]) -> None:
    """From here on every change of a user's bindings goes to the ledger."""

    def changed(user: str, bindings: list[SavedBinding]) -> None:
        now = utc()
        ledger.put(Registered(user, tuple(_contact(binding, now) for binding in bindings)))

    accounts.on_registered = changed


def restore_registrations(accounts: Accounts, contacts: list[Contact], utc: datetime, mono: float) -> int:
    """Gives the registrar back what it knew; returns how many. `utc` and `mono` are one instant."""
    restored = 0
    for contact in contacts:
        try:
            accounts.restore(_binding(contact, utc), mono)
            restored += 1
        except ValueError as error:
            log.warning("registration unreadable user=%s error=%s", contact.user, error)
    return restored


def kept_registrations(engine: Engine, node: str) -> list[Contact]:
    """What this switchboard knew when it ended, and is still good."""
    with session(engine) as work:
        return load_contacts(work, node, datetime.now(UTC))


def _contact(binding: SavedBinding, now: datetime) -> Contact:
    return Contact(
        binding.user,
        binding.contact,
        binding.source,
        binding.call_id,
        binding.cseq,
        now + timedelta(seconds=binding.seconds),
        binding.path,
    )


def _binding(contact: Contact, now: datetime) -> SavedBinding:
    return SavedBinding(
        contact.user,
        contact.contact,
        contact.source,
        (contact.expires_at - now).total_seconds(),
        contact.call_id,
        contact.cseq,
        contact.path,
    )
