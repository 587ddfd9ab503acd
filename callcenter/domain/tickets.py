"""Tickets' kinds and states, and the matters of an information record (REQUIREMENTS.md B1, B2), as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TicketState(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CLOSED = "closed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[TicketState, tuple[TicketState, ...]] = {
    TicketState.OPEN: (TicketState.IN_PROGRESS, TicketState.CANCELLED),
    TicketState.IN_PROGRESS: (TicketState.DONE, TicketState.OPEN, TicketState.CANCELLED),
    TicketState.DONE: (TicketState.CLOSED, TicketState.IN_PROGRESS),
    TicketState.CLOSED: (),
    TicketState.CANCELLED: (),
}
"""What may follow each state. A closed or cancelled ticket stays so: a matter that returns opens another."""

FINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of ticket or matter. `ticket`: it may be a ticket. `household`: its record needs one."""

    id: str
    zh: str
    en: str
    ticket: bool = True
    household: bool = True


KINDS: tuple[Kind, ...] = (
    Kind("repair", "工程维修", "Repair"),
    Kind("paid_repair", "有偿服务", "Paid repair"),
    Kind("cleaning", "家居清洁", "Home cleaning"),
    Kind("complaint", "投诉", "Complaint"),
    Kind("suggestion", "建议", "Suggestion"),
    Kind("enquiry", "咨询", "Enquiry", household=False),
    Kind("lookup", "查询", "Look-up", household=False),
    Kind("booking", "预约", "Booking"),
    Kind("item_release", "物品放行", "Item release"),
    Kind("arrears", "欠费预约", "Arrears appointment"),
    Kind("renovation", "装修", "Renovation"),
    Kind("keys", "钥匙", "Keys"),
    Kind("other", "其他", "Other", household=False),
    Kind("wrong_number", "打错", "Wrong number", ticket=False, household=False),
    Kind("courier", "快递", "Courier", ticket=False, household=False),
    Kind("spam", "骚扰推销", "Spam", ticket=False, household=False),
)

KIND_IDS = {kind.id: kind for kind in KINDS}
TICKET_KINDS = tuple(kind for kind in KINDS if kind.ticket)
ONE_KEY_KINDS = tuple(kind for kind in KINDS if not kind.ticket)
"""Matters that close a call's record with one key and need nothing else."""


class TicketRuleError(ValueError):
    """A ticket or record may not be changed so; the message says what is allowed."""


def move(current: TicketState, wanted: TicketState) -> TicketState:
    """`wanted`, if it may follow `current`. Raises TicketRuleError, naming what may."""
    if wanted in TRANSITIONS[current]:
        return wanted
    allowed = ", ".join(TRANSITIONS[current]) or "nothing: it is final"
    raise TicketRuleError(f"a ticket that is {current} cannot become {wanted}; allowed: {allowed}")


def ticket_kind(kind: str) -> Kind:
    """The kind of that id. Raises TicketRuleError, naming the kinds a ticket may have."""
    found = KIND_IDS.get(kind)
    if found is None or not found.ticket:
        allowed = ", ".join(each.id for each in TICKET_KINDS)
        raise TicketRuleError(f"{kind!r} is no kind of ticket; the kinds are {allowed}")
    return found


def matter_kind(kind: str) -> Kind:
    """The kind of that id, for an information record. Raises TicketRuleError, naming the kinds."""
    found = KIND_IDS.get(kind)
    if found is None:
        raise TicketRuleError(f"{kind!r} is no kind of matter; the kinds are {', '.join(KIND_IDS)}")
    return found
