"""Challenges (401, 407) to the requests of one dialog, answered with one account's credentials (RFC 3261
section 22)."""

from __future__ import annotations

from typing import Final

from sip.dialog import Dialog
from sip.digest import DigestClient
from sip.errors import PeerError
from sip.message import Request, Response
from sip.session_messages import renewed

MAX_CHALLENGES: Final = 4
"""Challenges answered for one request: a proxy's and the callee's, each stale once."""
WITHIN: Final = ("BYE", "INFO", "NOTIFY")
"""Methods that are sent again at once; INVITE and UPDATE have states to go through first."""


class Challenges:
    """`digest` is None where we have no account with the other side: a challenge is a refusal then."""

    def __init__(self, dialog: Dialog, digest: DigestClient | None) -> None:
        self.digest = digest
        self._dialog = dialog
        self._count = 0

    def forget(self) -> None:
        """Another request begins, or this one was accepted."""
        self._count = 0

    def answer(self, request: Request, challenge: Response) -> Request | None:
        """The request once more, with credentials; None where they would be refused again."""
        if self.digest is None or self._count >= MAX_CHALLENGES:
            return None
        self._count += 1
        again = renewed(request, self._dialog)
        try:
            return again if self.digest.answer(again, challenge) else None
        except PeerError:
            return None  # a challenge of a kind we do not know is a refusal like any other

    def within(self, request: Request | None, response: Response) -> Request | None:
        """The same for a BYE, INFO or NOTIFY. Some carriers challenge every request (section 22.3); without
        an answer to the BYE their side would stay up."""
        if request is None or response.code not in (401, 407) or request.method not in WITHIN:
            return None
        if not (request.headers.get("Authorization") or request.headers.get("Proxy-Authorization")):
            self.forget()
        return self.answer(request, response)
