"""Which session an INVITE with Replaces may take over (RFC 3891 section 3). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sip.errors import PeerError
from sip.refer import Replaces
from sip.session import Session
from sip.session_table import State


def is_named(session: Session, replaces: Replaces) -> bool:
    """Whether this is the session that `replaces` names."""
    dialog = session.dialog
    return (
        dialog.call_id == replaces.call_id
        and dialog.local_tag == replaces.to_tag
        and dialog.remote_tag == replaces.from_tag
    )


def replaceable(sessions: Iterable[Session], replaces: Replaces) -> Session:
    """The session that may be replaced. Raises PeerError with the answer that section 3 asks for.

    Whether the sender may replace it is for the user to decide.
    """
    session = next((session for session in sessions if is_named(session, replaces)), None)
    if session is None or session.state is State.INCOMING:
        # An early dialog that the other side began cannot be replaced: it is theirs to give up.
        raise PeerError("no dialog to replace", status=481)
    if session.state in (State.ENDED, State.HANGUP_WANTED):
        raise PeerError("the dialog to replace has ended", status=603)
    if replaces.early_only and session.state in (State.CONFIRMED, State.ANSWERED):
        raise PeerError("the dialog to replace is answered", status=486)
    return session
