"""The transaction layer: matches datagrams to transactions, runs their timers. Bytes in, effects out."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from sip.errors import PeerError
from sip.guard import Guard
from sip.hop import DEFAULT_PORTS, Hop
from sip.malformed import salvage
from sip.message import (
    MAGIC_COOKIE,
    AnyMessage,
    Request,
    Response,
    encode,
    parse,
    refuse,
    tag_of,
)
from sip.transactions import Address, Effect, Kind, Send, State, Transaction

MAX_TRANSACTIONS: Final = 50_000
"""Beyond this many, requests outside a dialog get a stateless 503: a flood must not take all memory."""
_WAITING: Final = (State.CALLING, State.TRYING, State.PROCEEDING)


@dataclass(frozen=True, slots=True)
class Ack:
    """An ACK that belongs to no refusal: it confirms a 2xx and goes to its session (section 13.3.1.4)."""

    request: Request


@dataclass(frozen=True, slots=True)
class Stray:
    """A response that no transaction waits for: a 2xx that came after its transaction had ended."""

    response: Response


LayerEffect = Effect | Ack | Stray


class TransactionLayer:
    """All transactions of one transport. `source` and destinations are (host, port)."""

    def __init__(self, sent_by: Address, guard: Guard | None = None) -> None:
        self.sent_by = sent_by
        self.guard = guard
        self.counters: Counter[str] = Counter()
        self._transactions: dict[tuple[str, ...], Transaction] = {}
        self._outstanding: set[tuple[str, ...]] = set()
        self._heap: list[tuple[float, int, Transaction]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._transactions)

    @property
    def outstanding(self) -> int:
        """Requests of ours that have no final answer yet."""
        return len(self._outstanding)

    @property
    def deadline(self) -> float | None:
        """When `tick` is wanted next, in monotonic seconds. It may be early; never late."""
        return self._heap[0][0] if self._heap else None

    def tick(self, now: float) -> list[LayerEffect]:
        effects: list[LayerEffect] = []
        while self._heap and self._heap[0][0] <= now:
            when, _, transaction = heapq.heappop(self._heap)
            if transaction.scheduled != when:
                continue  # it was scheduled anew, for earlier
            transaction.scheduled = None
            if transaction.deadline is not None and transaction.deadline <= now:
                effects += transaction.tick(now)
            self._settle(transaction)
        return effects

    def receive(self, data: bytes, source: Address, now: float) -> list[LayerEffect]:
        """One datagram. Bad ones are counted and dropped, or answered where they can be."""
        if self.guard and self.guard.banned(source[0], now):
            return []
        if len(data) < 12 or not (0x20 < data[0] < 0x80 or data[0] in b"\r\n"):
            # Keep-alives, STUN (first byte 0 to 3), RTP (128 and above): SIP starts with a letter.
            self.counters["not_sip"] += 1
            return []
        try:
            message = parse(data)
        except PeerError as error:
            self.counters["malformed"] += 1
            if self.guard and not self.guard.malformed(source[0], now):
                return []
            return self.refuse_malformed(data, source, error)
        if isinstance(message, Request):
            return self._receive_request(message, source, now)
        return self._receive_response(message, now)

    def request(self, request: Request, to: Address, now: float) -> tuple[Transaction, list[LayerEffect]]:
        """Sends a request in a client transaction of its own. Its top Via must have a fresh branch."""
        kind = Kind.INVITE_CLIENT if request.method == "INVITE" else Kind.CLIENT
        key = ("client", request.via[0].parameters["branch"] or "", request.method)
        transaction = Transaction(kind, request, to, key)
        self._transactions[key] = transaction
        effects: list[LayerEffect] = [*transaction.start(now)]
        self._settle(transaction)
        return transaction, effects

    def give_up(self, invite: Request, now: float) -> list[LayerEffect]:
        """A CANCEL is on its way: 64·T1 from now the INVITE counts as cancelled (section 9.1).

        Even where the CANCEL cannot be sent, for the connection is gone: a 1xx has stopped every other timer.
        """
        transaction = self._transactions.get(("client", invite.via[0].parameters["branch"] or "", "INVITE"))
        if transaction is None:
            return []
        effects: list[LayerEffect] = [*transaction.cancel(now)]
        self._settle(transaction)
        return effects

    def respond(self, transaction: Transaction, response: Response, now: float) -> list[LayerEffect]:
        """Answers a request in its server transaction. Raises StateError after a final answer."""
        effects: list[LayerEffect] = [*transaction.respond(response, now)]
        self._settle(transaction)
        return effects

    def sent_to(self, request: Request) -> Address | None:
        """Where a request of ours went, while its transaction lives."""
        found = self._transactions.get(("client", request.via[0].parameters["branch"] or "", request.method))
        return found.to if found else None

    def lost(self, connection: int, now: float) -> list[LayerEffect]:
        """A connection is gone: whoever waits for a first answer over it need not wait longer.

        Where a 1xx has come the final answer may yet come over another connection (section 18.2.2).
        """
        effects: list[LayerEffect] = []
        for key in list(self._outstanding):
            transaction = self._transactions[key]
            if isinstance(transaction.to, Hop) and transaction.to.connection == connection:
                effects += transaction.lost(now)
                self._settle(transaction)
        return effects

    def find_invite(self, cancel: Request) -> Transaction | None:
        """The INVITE that a CANCEL is for (section 9.2)."""
        return self._transactions.get(_server_key(cancel, "INVITE"))

    def _receive_request(self, request: Request, source: Address, now: float) -> list[LayerEffect]:
        note_source(request, source)
        key = _server_key(request, "INVITE" if request.method == "ACK" else request.method)
        if transaction := self._transactions.get(key):
            if request.method == "ACK" and transaction.state is State.ACCEPTED:
                return [Ack(request)]
            return self._feed(transaction, request, now)
        if request.method == "ACK":
            return [Ack(request)]
        if self.guard and not self.guard.request(source[0], now):
            return []
        if len(self) >= MAX_TRANSACTIONS and tag_of(request.to_address) is None:
            self.counters["overload"] += 1
            error = PeerError("too many transactions", status=503, headers=(("Retry-After", "10"),))
            return [Send(encode(refuse(request, error)), reply_address(request, source))]
        if self.guard and not self.guard.open_transaction(source[0], now):
            return []
        kind = Kind.INVITE_SERVER if request.method == "INVITE" else Kind.SERVER
        transaction = Transaction(kind, request, reply_address(request, source), key, source)
        self._transactions[key] = transaction
        effects: list[LayerEffect] = [*transaction.start(now)]
        self._settle(transaction)
        return effects

    def forget(self, transaction: Transaction) -> None:
        """Drops a server transaction: the answer was, or is to be, stateless (section 8.2.7)."""
        if self._transactions.get(transaction.key) is transaction:
            self._drop(transaction)

    def _drop(self, transaction: Transaction) -> None:
        del self._transactions[transaction.key]
        if self.guard and transaction.kind in (Kind.SERVER, Kind.INVITE_SERVER):
            self.guard.close_transaction(transaction.source[0])

    def _receive_response(self, response: Response, now: float) -> list[LayerEffect]:
        branch = response.via[0].parameters.get("branch") or ""
        transaction = self._transactions.get(("client", branch, response.cseq.method))
        if transaction is None:
            self.counters["stray_response"] += 1
            return [Stray(response)]
        return self._feed(transaction, response, now)

    def _feed(self, transaction: Transaction, message: AnyMessage, now: float) -> list[LayerEffect]:
        effects: list[LayerEffect] = [*transaction.receive(message, now)]
        self._settle(transaction)
        return effects

    def _settle(self, transaction: Transaction) -> None:
        key = transaction.key
        if transaction.terminated:
            if self._transactions.get(key) is transaction:
                self._drop(transaction)
        elif (when := transaction.deadline) is not None and (
            transaction.scheduled is None or when < transaction.scheduled
        ):
            # One live entry each: a later deadline waits for the entry that is there already.
            transaction.scheduled = when
            heapq.heappush(self._heap, (when, next(self._order), transaction))
        if key[0] == "client" and transaction.state in _WAITING:
            self._outstanding.add(key)
        else:
            self._outstanding.discard(key)

    def refuse_malformed(self, data: bytes, source: Address, error: PeerError) -> list[LayerEffect]:
        """Answers what cannot be read, where its Via can be read after all."""
        # An answer tells a developer on the other side more than silence (section 8.2 leaves it open).
        found = salvage(data)
        if found is None:
            return []
        with contextlib.suppress(ValueError):  # a Via that cannot be read goes back as it stands
            note_source(found.request, source)
        same = isinstance(source, Hop) or found.port is None  # a connection answers for itself
        to = source if same else (source[0], found.port or 5060)
        return [Send(encode(found.refused(error)), to)]


def _server_key(request: Request, method: str) -> tuple[str, ...]:
    via = request.via[0]
    branch = via.parameters.get("branch") or ""
    if branch.startswith(MAGIC_COOKIE) and branch != MAGIC_COOKIE:  # RFC 3261 section 17.2.3
        return ("server", branch, f"{via.host}:{via.port or 5060}", method)
    # RFC 2543 peers: the request itself names the transaction.
    return (
        "server",
        request.call_id,
        tag_of(request.from_address) or "",
        str(request.cseq.sequence),
        str(request.uri),
        str(via),
        method,
    )


def note_source(request: Request, source: Address) -> None:
    """Writes where a request really came from into its top Via (RFC 3261 section 18.2.1, RFC 3581).

    The rest of the Via stays as it was written: the other side compares its branch letter for letter.
    """
    lines = list(request.headers.getlist("Via"))
    top = request.via[0]
    first, comma, others = _first_of(lines[0])
    wanted = "rport" in top.parameters
    if wanted or "received" in top.parameters or top.host.strip("[]") != source[0]:
        first = _SOURCE_PARAMETERS.sub("", first).rstrip() + f";received={source[0]}"
        if wanted:
            first += f";rport={source[1]}"
        lines[0] = first + comma + others
        request.headers.setlist("Via", lines)


_SOURCE_PARAMETERS: Final = re.compile(
    r"\s*;\s*(?:rport|received)(?:\s*=\s*[^\s;,]+)?(?=\s*(?:;|$))", re.IGNORECASE
)


def _first_of(line: str) -> tuple[str, str, str]:
    # A comma within quotation marks parts nothing.
    quoted = False
    for at, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            return line[:at], ",", line[at + 1 :]
    return line, "", ""


def reply_address(request: Request, source: Address) -> Address:
    """Where responses to `request` go (RFC 3261 section 18.2.2, RFC 3581 section 4).

    Always the host that the request came from: a `received` that the sender wrote itself would make us send
    to others.
    """
    top = request.via[0]
    if isinstance(source, Hop):
        # Over the connection it came on; if that is gone, over a new one to the sent-by (section 18.2.2).
        port = top.port or DEFAULT_PORTS[source.transport]
        return Hop(source[0], port, source.transport, name=top.host, connection=source.connection)
    return (source[0], source[1] if "rport" in top.parameters else top.port or 5060)
