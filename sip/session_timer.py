"""Session timers (RFC 4028): one side refreshes the session, and both know when it is dead.

A pure state machine: `now` is monotonic seconds and comes as an argument. `ask` and `granted` serve our own
requests, `check` and `grant` those of the other side; `tick` says when to refresh and when to give up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sip.errors import PeerError
from sip.message import AnyMessage, Request, Response
from sip.options import TIMER, supports

FLOOR: Final = 90
"""Seconds: the least session interval there may be (section 5)."""
_DELTA: Final = re.compile(r"\s*(\d{1,9})\s*((?:;.*)?)", re.DOTALL)
_REFRESHER: Final = re.compile(r";\s*refresher\s*=\s*(uac|uas)\b", re.IGNORECASE)


class Refresher(Enum):
    """Who keeps the session alive."""

    US = "us"
    THEM = "them"


class Due(Enum):
    """What a tick wants."""

    REFRESH = "refresh"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class TimerPolicy:
    """Seconds. `expires` is the interval that we ask for (0: none, though the other side may ask), and the
    longest that we grant; `min_se` the shortest."""

    expires: int = 1800
    min_se: int = FLOOR


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """A Session-Expires header. `refresher` is "uac" or "uas" of that one request, or None (section 4)."""

    seconds: int
    refresher: str | None = None

    @classmethod
    def read(cls, message: AnyMessage) -> SessionExpires | None:
        """Raises PeerError(400) for one that is no number."""
        text = message.headers.get("Session-Expires")
        if text is None:
            return None
        match = _DELTA.fullmatch(text)
        if match is None:
            raise PeerError("bad Session-Expires")
        named = _REFRESHER.search(match[2])
        return cls(int(match[1]), named[1].lower() if named else None)

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


def least(message: AnyMessage) -> int:
    """A message's Min-SE, never below the floor. What cannot be read counts as absent."""
    match = _DELTA.fullmatch(message.headers.get("Min-SE") or "")
    return max(FLOOR, int(match[1])) if match else FLOOR


class SessionTimer:
    """The timer of one session. `interval` and `refresher` are None while there is no timer."""

    def __init__(self, policy: TimerPolicy | None = None) -> None:
        self.policy = policy or TimerPolicy()
        self.interval: int | None = None
        self.refresher: Refresher | None = None
        self._least = max(FLOOR, self.policy.min_se)
        self._wanted = max(self.policy.expires, self._least) if self.policy.expires else 0
        self._refresh_at: float | None = None
        self._expires_at: float | None = None

    # -- our requests -------------------------------------------------------------------------------------

    def ask(self, request: Request) -> None:
        """Writes what we want into an INVITE or UPDATE of ours (sections 7.1, 7.4)."""
        seconds = self.interval or self._wanted
        if not seconds:
            return
        role = self.refresher and ("uac" if self.refresher is Refresher.US else "uas")
        request.headers.set("Session-Expires", str(SessionExpires(max(seconds, self._least), role)))
        if self._least > FLOOR:  # section 7.1: the floor itself needs no header
            request.headers.set("Min-SE", str(self._least))

    def granted(self, response: Response, now: float) -> None:
        """A 2xx to our request: without the header there is no timer (section 7.2)."""
        try:
            granted = SessionExpires.read(response)
        except PeerError:
            granted = None
        if granted is None:
            self.stop()
        else:
            # One that names nobody breaks section 9; somebody has to refresh, or the call would end.
            self._run(granted.seconds, Refresher.THEM if granted.refresher == "uas" else Refresher.US, now)

    def too_small(self, response: Response) -> bool:
        """A 422: whether asking again for a longer interval makes sense (section 7.3)."""
        wanted = least(response)
        if response.code != 422 or wanted <= (self.interval or self._wanted):
            return False
        self._least, self._wanted, self.interval = wanted, wanted, None
        return True

    # -- their requests -----------------------------------------------------------------------------------

    def check(self, request: Request) -> None:
        """Raises PeerError(422) for an interval below ours, from those who know what a 422 is (section 9)."""
        asked = SessionExpires.read(request)
        shortest = max(FLOOR, self.policy.min_se)
        if asked and asked.seconds < shortest and supports(request, TIMER):
            raise PeerError("session interval too small", status=422, headers=(("Min-SE", str(shortest)),))

    def grant(self, request: Request, response: Response, now: float) -> None:
        """Writes our decision into a 2xx of ours and starts the timer (section 9, table 2)."""
        asked = SessionExpires.read(request)
        known = supports(request, TIMER)
        if asked is None and not (known and self.policy.expires):
            self.stop()
            return
        seconds = self._chosen(asked, least(request))
        role = self._role(asked, known)
        response.headers.set("Session-Expires", str(SessionExpires(seconds, role)))
        if known:  # who does not know it must not be asked for it
            response.headers.set("Require", TIMER)
        self._run(seconds, Refresher.THEM if role == "uac" else Refresher.US, now)

    def _chosen(self, asked: SessionExpires | None, at_least: int) -> int:
        # Section 9: what was asked may be made shorter, not below either side's least.
        longest = self.policy.expires or (asked.seconds if asked else 0)
        seconds = min(asked.seconds, longest) if asked else self.interval or longest
        return max(seconds, at_least, self.policy.min_se)

    def _role(self, asked: SessionExpires | None, known: bool) -> str:
        if not known:
            return "uas"
        if asked and asked.refresher:
            return asked.refresher
        return "uas" if self.refresher is Refresher.US else "uac"

    # -- time ---------------------------------------------------------------------------------------------

    @property
    def deadline(self) -> float | None:
        """When `tick` is wanted next."""
        if self._expires_at is None:
            return None
        return self._expires_at if self._refresh_at is None else min(self._refresh_at, self._expires_at)

    def tick(self, now: float) -> Due | None:
        if self._expires_at is not None and now >= self._expires_at:
            self.stop()
            return Due.EXPIRED
        if self._refresh_at is not None and now >= self._refresh_at:
            self._refresh_at = None  # until the answer
            return Due.REFRESH
        return None

    def refused(self, now: float) -> None:
        """Our refresh was refused but the session stands: once more at half of the time that is left."""
        if self._expires_at is not None and self.refresher is Refresher.US:
            self._refresh_at = now + max(1.0, (self._expires_at - now) / 2)

    def stop(self) -> None:
        self.interval = self.refresher = self._refresh_at = self._expires_at = None

    def _run(self, seconds: int, refresher: Refresher, now: float) -> None:
        self.interval, self.refresher = seconds, refresher
        # Section 10: refresh at half the time; BYE a little before the end, 32 s or a third of it.
        self._refresh_at = now + seconds / 2 if refresher is Refresher.US else None
        self._expires_at = now + seconds - min(32.0, seconds / 3)
