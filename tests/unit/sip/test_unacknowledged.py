"""A 2xx repeated until its ACK (the whole story is told in test_session)."""

from __future__ import annotations

from sip.effects import Respond
from sip.message import respond
from sip.transactions import T1, T2, Kind, Transaction
from sip.unacknowledged import Unacknowledged
from tests.unit.sip.wire import SDP, request


def pending(body: bytes = SDP) -> Unacknowledged:
    transaction = Transaction(Kind.INVITE_SERVER, request(body=body), ("192.0.2.1", 5060), ("server",))
    return Unacknowledged(Respond(transaction, respond(transaction.request, 200)), 0.0)


def test_row_5_it_doubles_up_to_t2_and_ends_at_64_t1() -> None:
    waiting = pending()
    moments = [waiting.deadline]
    while waiting.repeat(waiting.deadline):
        moments.append(waiting.deadline)
    assert moments[:4] == [T1, 3 * T1, 7 * T1, 7 * T1 + T2]
    assert moments[-1] == 64 * T1


def test_whose_the_offer_is() -> None:
    assert not pending().offered
    assert pending(b"").offered
