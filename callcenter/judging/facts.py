"""What signalling and the desk's records say of a call that is to be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.domain.calls import HungUpBy, Line
from callcenter.domain.findings import Verdict

CONNECTED, BUSY, NO_ANSWER = "connected", "busy", "no_answer"
"""What comes of a transfer, in the words of the call's path; its other words are failures too."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer: to whom, when the caller was sent on (seconds of call time) and what came of it.

    None: not known.
    """

    target: str
    at: float | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A prompt that the caller was played, from `start` to `end` in seconds of call time."""

    prompt: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The call's information record once its time was up.

    `written_after` is when its matter was there, in seconds after the call's end (0: while it lasted); None:
    it was not. `tickets` are those that name the call.
    """

    written_after: float | None = None
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class JudgeFacts:
    """The facts of one call; None is «not known», and makes the rules that need it unsure.

    `holds` are (start, end) in seconds of call time: the caller's, put on hold by the desk. `transfer` names
    whom the call went to last; `returned`: it came back from there and an agent answered again. `transfers`
    are all of them, where more is known than the name. `three_rings`, where given, is the switchboard's own
    verdict, which stands; `max_rings` is the desk's limit where it overrides the standard's.

    `seconds` is the time from the answer to the end; None for a recording made elsewhere, which held no line
    of ours. `longest` (seconds, 0: any) is the desk's limit for it where it overrides the standard's;
    `agent_may_release` are seconds after both goodbyes, 0: never.

    `begun` is the zero of call time, in the zone in which 「明天」 is meant. `matter` is a kind of
    callcenter.domain.tickets; `household`, `surname` and `phone` are what the caller told, as written down.
    `number_known`: the line showed the caller's number. `prompts` were played to the caller. `record` is None
    where nobody keeps one, or its time is not up (`pending`); `callback`: one is on record for this call.
    """

    rings: int | None = None
    hangup: HungUpBy | None = None
    line: Line = Line.EXTERNAL
    holds: tuple[tuple[float, float], ...] = ()
    transfer: str | None = None
    returned: bool = False
    answered: bool = True
    interrupted: bool = False
    ring_seconds: float | None = None
    three_rings: Verdict | None = None
    max_rings: int | None = None
    seconds: float | None = None
    longest: float | None = None
    agent_may_release: float = 0.0
    transfers: tuple[Transfer, ...] = ()
    prompts: tuple[Played, ...] = ()
    begun: datetime | None = None
    matter: str | None = None
    household: str | None = None
    surname: str | None = None
    phone: str | None = None
    number_known: bool = False
    record: RecordFacts | None = None
    pending: bool = False
    callback: bool | None = None

    @property
    def gone(self) -> bool:
        """Whether the call's end was somebody else's: it was transferred and did not come back."""
        return self.transfer is not None and not self.returned
