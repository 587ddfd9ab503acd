"""The early dialogs of one INVITE of ours: a proxy may have forked it (RFC 3261 sections 12.1.2, 13.2.2).

Each To tag in a provisional response is a dialog of its own, with its own route, target, numbers and early
media. The first of them is the session's own dialog; the 2xx decides which one stays.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from sip.dialog import Dialog
from sip.message import URI, Request, Response, tag_of
from sip.sdp import Description


@dataclass(slots=True)
class Early:
    """One early dialog. `hop` is where its requests go; None: where the session's own go."""

    dialog: Dialog
    hop: URI | None = None
    description: Description | None = None
    rseq: int | None = None
    """The last reliable response that was acknowledged in it (RFC 3262 section 4)."""


class Forks:
    """The early dialogs by To tag."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self._before: Dialog | None = None
        self._early: dict[str, Early] = {}
        self._chosen = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The To tags, in the order in which they were first heard."""
        return tuple(self._early)

    @property
    def early_media(self) -> dict[str, Description]:
        """The SDP of provisional responses, by To tag."""
        return {tag: early.description for tag, early in self._early.items() if early.description}

    def hear(self, response: Response) -> Early | None:
        """The early dialog of a provisional response; None where it has no tag, so makes none."""
        tag = tag_of(response.to_address)
        if tag is None or response.code == 100:
            return None
        if tag not in self._early:
            self._early[tag] = self._begin(response)
        return self._early[tag]

    def _begin(self, response: Response) -> Early:
        if self._before is None:
            self._before = copy.copy(self._dialog)
            self._dialog.confirm(response)
            return Early(self._dialog)
        other = copy.copy(self._before)
        other.confirm(response)
        other.local_cseq = response.cseq.sequence
        return Early(other, other.next_hop())

    def find(self, tag: str | None) -> Early | None:
        return self._early.get(tag or "")

    def dialog_of(self, request: Request) -> Dialog:
        """The dialog that a request of the other side belongs to; the session's own if it is in none."""
        early = None if self._chosen else self.find(tag_of(request.from_address))
        return early.dialog if early else self._dialog

    def owns(self, request: Request) -> bool:
        """Whether a request of the other side is in one of them: once answered, in the one that stays."""
        early = () if self._chosen else [early.dialog for early in self._early.values()]
        return any(dialog.matches(request) for dialog in (self._dialog, *early))

    def choose(self, response: Response) -> Early | None:
        """A 2xx: the session's dialog becomes the one it names, the others are no more."""
        chosen, self._chosen = self.find(tag_of(response.to_address)), True
        if chosen is None:
            self._dialog.remote_cseq = None  # a dialog that nothing was heard of before
        else:
            self._dialog.local_cseq = chosen.dialog.local_cseq
            self._dialog.remote_cseq = chosen.dialog.remote_cseq
        self._dialog.confirm(response)
        self._dialog.local_cseq = max(self._dialog.local_cseq, response.cseq.sequence)
        return chosen

    def other(self, response: Response) -> Dialog:
        """The dialog of a 2xx of another branch, in which it can be ended (section 13.2.2.4)."""
        early = self.find(tag_of(response.to_address))
        other = copy.copy(early.dialog if early else self._dialog)
        other.confirm(response)
        other.local_cseq = early.dialog.local_cseq if early else response.cseq.sequence
        return other

    def forget(self) -> None:
        """The INVITE is sent anew, as for a challenge: what was heard of the last one counts no more."""
        if self._before is not None:
            number = self._dialog.local_cseq
            for name in ("remote_address", "remote_header", "remote_target", "route_set", "remote_cseq"):
                setattr(self._dialog, name, getattr(self._before, name))
            self._dialog.local_cseq = number
        self._before = None
        self._early.clear()
