"""Who is heard at all: a token bucket and a list of offences for each source address, and bans that grow.

Pure: no I/O, and `now` (monotonic seconds) is given. A source is an IP address as text. Those who have shown
a password, and the networks of `Limits.allow`, are neither throttled nor banned: source addresses of UDP can
be forged, and nobody is to be able to lock a phone out by writing its address on his packets. A packet that
cannot be read never bans anybody, for the same reason and because phones have faults.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeVar

T = TypeVar("T")

FORGET: Final = 86400.0
"""Seconds without an offence after which the next ban is as short as the first."""
NAME_LENGTH: Final = 64


class Offence(Enum):
    """What bans a source when it is repeated."""

    FLOOD = "too many requests"
    PASSWORD = "wrong passwords"  # noqa: S105
    NAME = "many user names"


@dataclass(frozen=True, slots=True)
class Rule:
    """So many offences within so many seconds are a ban."""

    count: int
    seconds: float


RULES: Final = {
    Offence.FLOOD: Rule(50, 60.0),
    Offence.PASSWORD: Rule(10, 600.0),
    Offence.NAME: Rule(20, 600.0),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one source. A ban lasts `ban` seconds, the next `growth` times longer, up to `longest`."""

    rate: float = 10.0
    """New requests a second, in the long run."""
    burst: int = 40
    """New requests at once."""
    rules: dict[Offence, Rule] = field(default_factory=lambda: dict(RULES))
    ban: float = 60.0
    growth: float = 4.0
    longest: float = 86400.0
    transactions: int = 500
    dialogs: int = 500
    allow: tuple[str, ...] = ()
    """Networks in CIDR notation, such as that of a proxy in front, through which everybody comes."""
    sources: int = 10_000
    """Sources remembered; the ones heard longest ago are forgotten first."""


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban, to be logged once. `dropped` is what was not read, in the report of its end."""

    source: str
    why: Offence
    seconds: float
    offences: int
    ended: bool = False
    dropped: int = 0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float

    def take(self, rate: float, burst: int, now: float) -> bool:
        self.tokens = min(burst, self.tokens + max(0.0, now - self.at) * rate)
        self.at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


@dataclass(slots=True)
class _Source:
    requests: _Bucket
    malformed: _Bucket
    offences: dict[Offence, deque[float]] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Sentence:
    ban: Ban
    until: float
    times: int
    dropped: int = 0
    over: bool = False


class Guard:
    """Asked by the transaction layer about each datagram, told by the policy who guesses and who is known."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self.counters: Counter[str] = Counter()
        self._networks = tuple(ipaddress.ip_network(text, strict=False) for text in limits.allow)
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._sentences: OrderedDict[str, _Sentence] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._dialogs: Counter[str] = Counter()
        self._transactions: Counter[str] = Counter()
        self._news: list[Ban] = []
        self._next_look = 0.0

    # -- asked about what comes in ------------------------------------------------------------------------

    def banned(self, source: str, now: float) -> bool:
        """Whether a datagram is dropped unread."""
        sentence = self._sentences.get(source)
        if sentence is None or sentence.over:
            return False
        if now < sentence.until:
            sentence.dropped += 1
            self.counters["dropped"] += 1
            return True
        self._end(source, sentence)
        return False

    def request(self, source: str, now: float) -> bool:
        """Whether a request that begins a transaction is heard. One that is not is a FLOOD offence."""
        if self.trusts(source, now):
            return True
        limits = self.limits
        if self._source(source, now).requests.take(limits.rate, limits.burst, now):
            return True
        self.counters["throttled"] += 1
        self.offend(source, Offence.FLOOD, now)
        return False

    def malformed(self, source: str, now: float) -> bool:
        """Whether a request that cannot be read is answered. It is never an offence."""
        if self._source(source, now).malformed.take(self.limits.rate, self.limits.burst, now):
            return True
        self.counters["unanswered"] += 1
        return False

    # -- what a source has open ---------------------------------------------------------------------------

    def open_transaction(self, source: str, now: float) -> bool:
        """Counts one, or returns False where an unknown source has too many already."""
        if self._transactions[source] >= self.limits.transactions and not self.trusts(source, now):
            self.counters["too_many_transactions"] += 1
            return False
        self._transactions[source] += 1
        return True

    def close_transaction(self, source: str) -> None:
        _decrease(self._transactions, source)

    @property
    def open(self) -> tuple[int, int]:
        """Transactions and dialogs that sources have open."""
        return self._transactions.total(), self._dialogs.total()

    def open_dialog(self, source: str) -> bool:
        """Counts one, or returns False where a source, known or not, has too many already."""
        if self._dialogs[source] >= self.limits.dialogs:
            self.counters["too_many_dialogs"] += 1
            return False
        self._dialogs[source] += 1
        return True

    def close_dialog(self, source: str) -> None:
        _decrease(self._dialogs, source)

    # -- told by the policy -------------------------------------------------------------------------------

    def trusts(self, source: str, now: float) -> bool:
        """Whether a source is on the allow list, by its network or by what it has shown."""
        until = self._known.get(source)
        if until is not None and now < until:
            return True
        if not self._networks:
            return False
        try:
            address = ipaddress.ip_address(source)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def trust(self, source: str, until: float) -> None:
        """A source that has shown a password, or is a carrier's, is on the allow list until then."""
        self._known[source] = max(until, self._known.get(source, until))
        self._known.move_to_end(source)
        self._sources.pop(source, None)
        _bound(self._known, self.limits.sources)

    def offend(self, source: str, offence: Offence, now: float, name: str = "") -> None:
        """A source guesses. NAME counts a `name` that it has not been heard with of late."""
        if self.trusts(source, now):
            return
        state, rule = self._source(source, now), self.limits.rules[offence]
        if offence is Offence.NAME and not _is_new(state.names, name[:NAME_LENGTH], rule, now):
            return
        times = state.offences.setdefault(offence, deque(maxlen=rule.count))
        times.append(now)
        if len(times) == rule.count and now - times[0] <= rule.seconds:
            self._ban(source, offence, rule.count, now)

    # -- told to others -----------------------------------------------------------------------------------

    def news(self) -> list[Ban]:
        """Bans that began or ended since the last time it was asked."""
        news, self._news = self._news, []
        return news

    def tick(self, now: float) -> None:
        """Ends the bans that are over; `news` tells of them. Old ones are forgotten. May come often."""
        if now < self._next_look:
            return
        self._next_look = now + 1.0
        for source, sentence in list(self._sentences.items()):
            if not sentence.over and now >= sentence.until:
                self._end(source, sentence)
            elif now >= sentence.until + FORGET:
                del self._sentences[source]

    def figures(self, now: float) -> dict[str, float]:
        """For a status message: bans in force and in all, and what was dropped."""
        in_force = sum(not s.over and now < s.until for s in self._sentences.values())
        names = ("bans", "dropped", "throttled", "unanswered", "too_many_transactions", "too_many_dialogs")
        return {"guard_banned": in_force, **{f"guard_{name}": self.counters[name] for name in names}}

    # -- inside -------------------------------------------------------------------------------------------

    def _source(self, source: str, now: float) -> _Source:
        state = self._sources.get(source)
        if state is None:
            burst = self.limits.burst
            state = self._sources[source] = _Source(_Bucket(burst, now), _Bucket(burst, now))
            _bound(self._sources, self.limits.sources)
        self._sources.move_to_end(source)
        return state

    def _ban(self, source: str, why: Offence, offences: int, now: float) -> None:
        before = self._sentences.pop(source, None)
        times = before.times + 1 if before and now < before.until + FORGET else 1
        # Not growth ** times: a large number of bans would overflow.
        seconds = self.limits.ban
        for _ in range(times - 1):
            if seconds >= self.limits.longest:
                break
            seconds *= self.limits.growth
        seconds = min(seconds, self.limits.longest)
        ban = Ban(source, why, seconds, offences)
        self._sentences[source] = _Sentence(ban, now + seconds, times)
        self._sources.pop(source, None)
        self.counters["bans"] += 1
        self._news.append(ban)
        _bound(self._sentences, self.limits.sources)

    def _end(self, source: str, sentence: _Sentence) -> None:
        sentence.over = True
        ban = sentence.ban
        self._news.append(Ban(source, ban.why, ban.seconds, ban.offences, True, sentence.dropped))


def _is_new(names: dict[str, float], name: str, rule: Rule, now: float) -> bool:
    known = names.get(name)
    if known is not None and now - known <= rule.seconds:
        return False
    if len(names) >= rule.count:
        del names[next(iter(names))]
    names[name] = now
    return True


def _decrease(counter: Counter[str], key: str) -> None:
    if counter[key] <= 1:
        del counter[key]
    else:
        counter[key] -= 1


def _bound(kept: OrderedDict[str, T], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
