"""What a session wants done, and what it has to tell its user."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from sip.message import URI, Request, Response
from sip.refer import Refer
from sip.sdp import Description
from sip.transactions import Transaction


class Ending(Enum):
    """Who ended the session."""

    THEM = "them"  # their BYE, CANCEL or refusal
    US = "us"  # our BYE, CANCEL or refusal
    SILENCE = "silence"  # no answer, no ACK: the network or the phone is gone


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Effect: send in a client transaction of its own, to `hop` (None: `dialog.next_hop()`)."""

    request: Request
    hop: URI | None = None


@dataclass(frozen=True, slots=True)
class SendAck:
    """Effect: send without a transaction (section 13.2.2.4), to `hop` (None: `dialog.next_hop()`)."""

    request: Request
    hop: URI | None = None


@dataclass(frozen=True, slots=True)
class SendCancel:
    """Effect: send in a client transaction, to where `invite` went (section 9.1)."""

    request: Request
    invite: Request


@dataclass(frozen=True, slots=True)
class Respond:
    """Effect: answer a request in its transaction."""

    transaction: Transaction
    response: Response


@dataclass(frozen=True, slots=True)
class Progress:
    """The other side answered 101 to 199; `description` is early media's SDP, where there is one."""

    code: int
    description: Description | None
    tag: str = field(default="", compare=False)
    """The To tag: which branch of a forked INVITE answers."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side answered our INVITE with a 2xx."""

    description: Description


@dataclass(frozen=True, slots=True)
class Offered:
    """A re-INVITE, or an UPDATE or PRACK with an offer: answer it with `Session.answer_offer`.

    None: a re-INVITE had no offer and wants ours.
    """

    transaction: Transaction
    description: Description | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ACK of our 2xx came. `description` is its answer, where the offer was in our 2xx."""

    description: Description | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over. `code` is the final status of an INVITE that was not accepted, else None.

    `reason` is the Reason header of their BYE or CANCEL (RFC 3326), or why in words.
    """

    by: Ending
    code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A re-INVITE or UPDATE of ours. `refresh`: the session timer wants it, nobody waits for its answer."""

    method: str
    offer: bytes = b""
    refresh: bool = False
    last: bytes = b""
    """For a refresh by UPDATE: the SDP to repeat in a re-INVITE should the other side know no UPDATE."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Our re-INVITE or UPDATE was answered with `code`; 2xx has the answer to our offer, where it had one."""

    change: Change
    code: int
    phrase: str = ""
    description: Description | None = None


@dataclass(frozen=True, slots=True)
class Referred:
    """A REFER: answer it with `Session.referrals.answer`."""

    transaction: Transaction
    refer: Refer


@dataclass(frozen=True, slots=True)
class TransferTold:
    """The final NOTIFY of a REFER was answered, or there is nobody to tell any more."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key was pressed, by INFO: which, and for how many milliseconds."""

    key: str
    milliseconds: int


Effect = (
    SendRequest
    | SendAck
    | SendCancel
    | Respond
    | Progress
    | Accepted
    | Offered
    | Confirmed
    | Changed
    | Ended
    | Referred
    | TransferTold
    | Pressed
)
