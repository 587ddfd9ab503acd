"""Which session an INVITE with Replaces may take over (RFC 3891 section 3)."""

from __future__ import annotations

import pytest

from sip.errors import PeerError
from sip.refer import Replaces
from sip.replacing import is_named, replaceable
from sip.session import Session
from sip.session_table import State
from tests.unit.sip.test_session import connected, incoming


def name_of(session: Session, *, early_only: bool = False) -> Replaces:
    dialog = session.dialog
    return Replaces(dialog.call_id, dialog.local_tag, dialog.remote_tag, early_only)


def test_the_one_that_is_named() -> None:
    other, session = connected(), connected()
    assert replaceable([other, session], name_of(session)) is session


def test_tags_are_named_as_we_know_them() -> None:
    session = connected()
    name = name_of(session)
    assert is_named(session, name)
    assert not is_named(session, Replaces(name.call_id, name.from_tag, name.to_tag))
    assert not is_named(session, Replaces("other", name.to_tag, name.from_tag))


@pytest.mark.parametrize(
    ("state", "early_only", "status"),
    [
        (State.INCOMING, False, 481),
        (State.ENDED, False, 603),
        (State.HANGUP_WANTED, False, 603),
        (State.CONFIRMED, True, 486),
        (State.CONFIRMED, False, None),
        (State.EARLY, True, None),
    ],
)
def test_what_section_3_answers(state: State, early_only: bool, status: int | None) -> None:
    session = incoming()
    session.state = state
    name = name_of(session, early_only=early_only)
    if status is None:
        assert replaceable([session], name) is session
        return
    with pytest.raises(PeerError) as caught:
        replaceable([session], name)
    assert caught.value.status == status


def test_nobody_is_named() -> None:
    with pytest.raises(PeerError) as caught:
        replaceable([connected()], Replaces("c", "t", "f"))
    assert caught.value.status == 481
