"""Requests on their way out: which address, which transport, and the next one where the first fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Generic, TypeVar

from sip.aio.tasks import Tasks
from sip.aio.wire import Wire
from sip.dialog import LocalSide
from sip.failover import Reachability, widened
from sip.hop import Hop
from sip.locate import literal
from sip.message import URI, Address, Parameters, Request, Via, copied, encode, new_branch
from sip.moment import Moment
from sip.transactions import Address as HostPort
from sip.transactions import Transaction

log = logging.getLogger(__name__)

OwnerT = TypeVar("OwnerT")


@dataclass(slots=True)
class _Plan(Generic[OwnerT]):
    """What is left to be tried for a request under way."""

    owner: OwnerT
    current: HostPort
    rest: list[HostPort]


class Sender(Generic[OwnerT]):
    """`begin` starts a client transaction; `failed` is told of a request that no address would take."""

    def __init__(
        self,
        wire: Wire,
        begin: Callable[[Request, HostPort, OwnerT, Moment], Transaction],
        failed: Callable[[Request, OwnerT, Moment], None],
        now: Callable[[], Moment],
    ) -> None:
        self.pending = 0
        """Requests that wait for a name or a connection."""
        self.work = Tasks()
        self._wire = wire
        self._begin = begin
        self._failed = failed
        self._now = now
        self._reachability = Reachability()
        self._plans: dict[tuple[str, ...], _Plan[OwnerT]] = {}

    def send(self, request: Request, hop: URI, flow: HostPort | None, owner: OwnerT, moment: Moment) -> None:
        """Sends `request` to `flow`, or to where `hop` leads."""
        flow = self._living(flow, hop)
        own = flow or literal(hop)
        if own is None:
            self._later(hop.host, self._resolve(request, hop, owner))
            return
        # A flow leads through a NAT or back over a connection: nobody listens beside it.
        targets = [own] if flow else self._ordered([own], request)
        if self._wire.ready(targets[0]):
            self._start(request, targets, owner, moment)
        else:
            self._later(hop.host, self._connect(request, targets, owner))

    def send_alone(self, request: Request, hop: URI, flow: HostPort | None) -> None:
        """Sends without a transaction: the ACK of a 2xx (RFC 3261 section 13.2.2.4)."""
        if own := self._living(flow, hop) or literal(hop):
            self._send_alone(request, own)
        else:
            self._later(hop.host, self._resolve_alone(request, hop))

    def again(self, transaction: Transaction, moment: Moment) -> bool:
        """After a time-out or a 503: tries the next address (RFC 3263 section 4.3). False: there is none."""
        plan = self._plans.pop(transaction.key, None)
        self._reachability.failed(plan.current if plan else transaction.to, moment.mono)
        if plan is None:
            return False
        request = transaction.request
        log.info("next address method=%s failed=%s:%s", request.method, *plan.current)
        # Its owner knows the request as one object; the transaction keeps what it has sent.
        transaction.request = copied(request)
        top, *others = request.via
        fresh = top.parameters.replace(branch=new_branch())
        request.via = [Via(top.transport, top.host, top.port, fresh), *others]
        self._later(plan.rest[0][0], self._connect(request, plan.rest, plan.owner))
        return True

    def silent(self, request: Request, to: HostPort | None, moment: Moment) -> bool:
        """Nothing came back for `request`, whose transaction still lasts. False: it has no other address."""
        key = ("client", request.via[0].parameters["branch"] or "", request.method)
        plan = self._plans.pop(key, None)
        if to is not None:
            self._reachability.failed(plan.current if plan else to, moment.mono)
        return plan is not None

    def answered(self, transaction: Transaction) -> None:
        """A response came: this address it stays."""
        plan = self._plans.pop(transaction.key, None)
        self._reachability.answered(plan.current if plan else transaction.to)

    def abandon(self, transaction: Transaction) -> None:
        """Nobody wants the request any more."""
        self._plans.pop(transaction.key, None)

    def _living(self, flow: HostPort | None, hop: URI) -> HostPort | None:
        # Whose connection is gone may yet listen where its Contact says, over the same transport.
        own = literal(hop)
        gone = flow is not None and not self._wire.ready(flow)
        if gone and isinstance(flow, Hop) and isinstance(own, Hop) and own.transport == flow.transport:
            return own
        return flow

    def _ordered(self, targets: list[HostPort], request: Request) -> list[HostPort]:
        # TCP for what is too large, where we speak TCP at all: the answer's Contact must be able to reach us.
        if "TCP" in self._wire.transports and any(not isinstance(target, Hop) for target in targets):
            targets = widened(targets, len(encode(request)))
        return self._reachability.ordered(targets, self._now().mono)

    def _later(self, name: str, work: Coroutine[None, None, None]) -> None:
        self.pending += 1
        self.work.start(f"send {name}", self._counted(work))

    async def _counted(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            self.pending -= 1

    async def _resolve(self, request: Request, hop: URI, owner: OwnerT) -> None:
        try:
            targets = self._ordered(await self._wire.targets(hop), request)
        except OSError as error:
            log.warning("host not found host=%s error=%s", hop.host, error)
            self._failed(request, owner, self._now())
            return
        await self._connect(request, targets, owner)

    async def _connect(self, request: Request, targets: list[HostPort], owner: OwnerT) -> None:
        for at, target in enumerate(targets):
            try:
                await self._wire.connect(target)
            except OSError as error:
                log.warning("no connection to=%r error=%s", target, error)
                self._reachability.failed(target, self._now().mono)
            else:
                self._start(request, targets[at:], owner, self._now())
                return
        self._failed(request, owner, self._now())

    def _start(self, request: Request, targets: list[HostPort], owner: OwnerT, moment: Moment) -> None:
        first, *rest = targets
        self._dress(request, first)
        transaction = self._begin(request, self._wire.over(first), owner, moment)
        if rest:
            self._plans[transaction.key] = _Plan(owner, first, rest)

    async def _resolve_alone(self, request: Request, hop: URI) -> None:
        try:
            first = self._reachability.ordered(await self._wire.targets(hop), self._now().mono)[0]
        except OSError as error:
            log.warning("host not found host=%s error=%s", hop.host, error)
            return
        self._send_alone(request, first)

    def _send_alone(self, request: Request, to: HostPort) -> None:
        self._dress(request, to)
        self._wire.send(encode(request), to)

    def _dress(self, request: Request, to: HostPort) -> None:
        """Puts the transport that is used into Via and Contact (RFC 3261 section 18.1.1)."""
        local = self._wire.local_for(to, secure=request.uri.scheme == "sips")
        top, *others = request.via
        if (top.transport, top.host, top.port) == (local.transport, local.host, local.port):
            return  # its Contact was made with it
        request.via = [Via(local.transport, local.host, local.port, top.parameters), *others]
        if request.headers.get("Contact") is not None:
            request.contact = [self._contact(contact, local) for contact in request.contact]

    def _contact(self, contact: Address, local: LocalSide) -> Address:
        if not self._wire.is_ours(contact.uri):
            return contact
        ours = local.contact(contact.uri.user).uri
        kept = {n: v for n, v in contact.uri.parameters.items() if n.lower() != "transport"}
        parameters = Parameters(**{**kept, **dict(ours.parameters.items())})
        uri = URI(ours.scheme, ours.host, user=ours.user, port=ours.port, parameters=parameters)
        return Address(uri, contact.name, contact.parameters)
