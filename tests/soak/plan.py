"""What happens, in which order: drawn from a seed, the same again for the same seed. Pure."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TALK = "talk"
    DIRECT = "direct"
    ABANDON = "abandon"
    CANCEL_RACE = "cancel race"
    BYE_RACE = "bye race"
    BUSY = "busy"
    REJECT = "reject"
    NO_ANSWER = "no answer"
    MUTE = "mute agent"
    UNREACHABLE = "unreachable"
    NOWHERE = "nowhere"
    HOLD = "hold"
    KEYS = "keys"
    BLIND = "blind transfer"
    ATTENDED = "attended transfer"
    COMMAND = "command"
    REPLACE = "replace"
    TOGETHER = "ring all"
    QUEUE = "queue"
    OUTSIDE = "outside"
    LOST = "sound stops"
    VANISH = "power lost"
    NO_ACK = "no ACK"
    FAULTY_NETWORK = "faulty network"
    CHURN = "registrations"
    MALFORMED = "malformed"
    STRANGER = "stranger"


WEIGHTS = {
    Kind.TALK: 20,
    Kind.DIRECT: 4,
    Kind.ABANDON: 8,
    Kind.CANCEL_RACE: 6,
    Kind.BYE_RACE: 6,
    Kind.BUSY: 3,
    Kind.REJECT: 3,
    Kind.NO_ANSWER: 3,
    Kind.MUTE: 1,
    Kind.UNREACHABLE: 2,
    Kind.NOWHERE: 2,
    Kind.HOLD: 8,
    Kind.KEYS: 4,
    Kind.BLIND: 8,
    Kind.ATTENDED: 6,
    Kind.COMMAND: 5,
    Kind.REPLACE: 3,
    Kind.TOGETHER: 6,
    Kind.QUEUE: 10,
    Kind.OUTSIDE: 6,
    Kind.LOST: 4,
    Kind.VANISH: 4,
    Kind.NO_ACK: 2,
    Kind.FAULTY_NETWORK: 6,
    Kind.CHURN: 8,
    Kind.MALFORMED: 4,
    Kind.STRANGER: 2,
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody does. `random()` begins anew each time, from the deed's own seed."""

    number: int
    kind: Kind
    seed: str

    def random(self) -> random.Random:
        return random.Random(self.seed)


def plan(seed: int, first: int = 0) -> Iterator[Deed]:
    """Every kind once, then by weight, without an end; numbered from `first`."""
    drawn = random.Random(f"{seed}/{first}")
    once = list(Kind)
    drawn.shuffle(once)
    by_weight = (drawn.choices(list(WEIGHTS), list(WEIGHTS.values()))[0] for _ in itertools.repeat(None))
    for number, kind in enumerate(itertools.chain(once, by_weight), first):
        yield Deed(number, kind, f"{seed}/{number}")
