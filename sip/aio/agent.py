"""The user agent: a UDP socket, one timer, and the core's effects carried out."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from sip.aio.call import Call
from sip.dialog import Dialog, LocalSide
from sip.digest import DigestClient
from sip.effects import Effect, Respond, SendAck, SendCancel, SendRequest
from sip.errors import PeerError, SipError, StateError
from sip.layer import Ack, LayerEffect, Stray, TransactionLayer
from sip.message import URI, Address, Request, Response, encode, new_tag, respond, tag_of
from sip.moment import Moment
from sip.sdp import CONTENT_TYPE, Description
from sip.session import ALLOW, Session
from sip.transactions import Address as HostPort
from sip.transactions import Deliver, Send, TimedOut, Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """What a policy decides on a request: let it in as `identity`, or answer it with `status`."""

    identity: str | None = None
    status: int | None = None
    challenges: tuple[str, ...] = ()


class Policy(Protocol):
    """Who may call and who may register. Asked where the datagram was read, so it must not block."""

    def admit(self, request: Request, source: HostPort, now: float) -> Admission: ...

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response: ...


class Owner(Protocol):
    """Whoever sent a request outside a call, such as a trunk's registration."""

    def receive(self, request: Request, response: Response, moment: Moment) -> None: ...

    def timed_out(self, request: Request, moment: Moment) -> None: ...


@dataclass(slots=True)
class _Loop:
    """Tasks that the agent started; named, and their failures logged."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, name: str, work: Awaitable[Any]) -> None:
        async def run() -> None:
            await work

        task = asyncio.get_running_loop().create_task(run(), name=name)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("task failed name=%s error=%r", task.get_name(), error, exc_info=error)


class UserAgent(asyncio.DatagramProtocol):
    """A SIP user agent on one UDP socket.

    `on_call(call)` is awaited in a task of its own for every INVITE that the policy admits.
    """

    def __init__(
        self,
        policy: Policy,
        on_call: Callable[[Call], Awaitable[None]],
        *,
        product: str = "Sanxiang",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.product = product
        self._policy = policy
        self._on_call = on_call
        self._clock = clock
        self._calls: dict[str, list[Call]] = {}
        self._waiting: set[Call] = set()
        self._work = _Loop()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._quiet: asyncio.Event | None = None
        self.local = LocalSide("", 0)
        self.layer = TransactionLayer(("", 0))

    # -- life ---------------------------------------------------------------------------------------------

    async def start(self, host: str, port: int, advertised: str = "") -> None:
        """Opens the socket. `advertised` is the host written into messages. Raises OSError if taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._transport = transport
        bound = transport.get_extra_info("sockname")
        self.local = LocalSide(advertised or _reachable(host), bound[1])
        self.layer.sent_by = (self.local.host, self.local.port)

    async def stop(self, grace: float = 0.5) -> None:
        """Hangs up every call, waits `grace` seconds at most for the answers, closes the socket."""
        for call in self.calls:
            call.hangup()
        self._quiet = asyncio.Event()
        self._note_quiet()
        with contextlib.suppress(TimeoutError):  # who does not answer a BYE is not waited for
            await asyncio.wait_for(self._quiet.wait(), grace)
        for task in list(self._work.tasks):
            task.cancel()
        await asyncio.gather(*self._work.tasks, return_exceptions=True)
        if self._timer:
            self._timer.cancel()
        if self._transport:
            self._transport.close()

    @property
    def calls(self) -> list[Call]:
        return [call for calls in self._calls.values() for call in calls]

    def now(self) -> Moment:
        return Moment(datetime.now(UTC), self._clock())

    # -- what the user asks for ---------------------------------------------------------------------------

    def invite(
        self,
        target: URI,
        sdp: bytes,
        *,
        from_address: Address,
        to: Address | None = None,
        flow: HostPort | None = None,
        digest: DigestClient | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        ringing_on_183: bool = False,
    ) -> Call:
        """Calls `target`. `flow` is where to send, if not to the target's own address."""
        dialog = Dialog.outgoing(self.local, target, from_address=from_address, to=to)
        session = Session.outgoing(dialog, digest)
        call = Call(self, session, self.now(), flow=flow, ringing_on_183=ringing_on_183)
        self._calls.setdefault(call.call_id, []).append(call)
        self.perform(call, session.invite(sdp, headers), call.invited_at)
        return call

    def send(self, request: Request, to: URI, owner: Owner) -> None:
        """Sends a request that belongs to no call."""
        self._send(request, to, None, owner, self.now())

    # -- the wire -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        pass

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        moment = self.now()
        try:
            self._carry_out(self.layer.receive(data, (addr[0], addr[1]), moment.mono), moment)
        except (SipError, ValueError) as error:  # ValueError: a header that sipmessage cannot read
            # One peer's mistake must not reach another's call.
            self.layer.counters["protocol_error"] += 1
            log.warning("datagram refused source=%s:%s error=%s", addr[0], addr[1], error)
        self._arm()
        self._note_quiet()

    def error_received(self, exc: Exception) -> None:
        self.layer.counters["socket_error"] += 1  # an ICMP answer; the transaction's timers decide

    def _note_quiet(self) -> None:
        if self._quiet is not None and not self.layer.outstanding:
            self._quiet.set()

    def _transmit(self, data: bytes, to: HostPort) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def _on_timer(self) -> None:
        self._timer = None
        moment = self.now()
        self._carry_out(self.layer.tick(moment.mono), moment)
        for call in list(self._waiting):
            self.perform(call, call.session.tick(moment.mono), moment)
        self._arm()

    def _arm(self) -> None:
        wanted = [call.session.deadline for call in self._waiting]
        deadlines = [deadline for deadline in (self.layer.deadline, *wanted) if deadline is not None]
        if not deadlines:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, min(deadlines) - self._clock())
        if self._timer is not None:
            if self._timer.when() <= when + 0.001:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._on_timer)

    # -- effects ------------------------------------------------------------------------------------------

    def _carry_out(self, effects: list[LayerEffect], moment: Moment) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._transmit(effect.data, effect.to)
                case Deliver(transaction, Request()):
                    self._receive_request(transaction, moment)
                case Deliver(transaction, Response() as response):
                    self._receive_response(transaction, response, moment)
                case TimedOut(transaction):
                    self._timed_out(transaction, moment)
                case Ack(request):
                    self._receive_ack(request, moment)
                case Stray():
                    pass  # counted by the layer

    def perform(self, call: Call, effects: list[Effect], moment: Moment) -> None:
        """Carries out what a session wants; what is for the user goes to `call`."""
        for effect in effects:
            match effect:
                case SendRequest(request):
                    self._send(request, call.session.dialog.next_hop(), call.flow, call, moment)
                case SendCancel(request, invite):
                    self._send(request, _hop_of(invite), call.flow, call, moment)
                case SendAck(request):
                    self._send_ack(request, call)
                case Respond(transaction, response):
                    self._respond(transaction, response, moment)
                case _:
                    call.take(effect, moment)
        if call.session.deadline is None:
            self._waiting.discard(call)
        else:
            self._waiting.add(call)
        if call.is_over:
            self._forget_later(call)
        self._arm()

    def _forget_later(self, call: Call) -> None:
        # A late 2xx or BYE may still come for it: 64·T1 is how long the other side tries.
        calls = self._calls.get(call.call_id, [])
        if call in calls and not call.forgetting:
            call.forgetting = True
            asyncio.get_running_loop().call_later(32.0, self._forget, call)

    def _forget(self, call: Call) -> None:
        calls = self._calls.get(call.call_id, [])
        if call in calls:
            calls.remove(call)
        if not calls:
            self._calls.pop(call.call_id, None)

    def _send(
        self, request: Request, hop: URI, flow: HostPort | None, owner: Owner | Call, moment: Moment
    ) -> None:
        request.headers.set("User-Agent", self.product)
        address = flow or _literal(hop)
        if address is not None:
            self._begin(request, address, owner, moment)
        else:
            self._work.start(f"resolve {hop.host}", self._send_resolved(request, hop, owner))

    async def _send_resolved(self, request: Request, hop: URI, owner: Owner | Call) -> None:
        try:
            address = await _resolve(hop)
        except OSError as error:
            log.warning("host not found host=%s error=%s", hop.host, error)
            self._tell_timeout(request, owner, self.now())
            return
        self._begin(request, address, owner, self.now())

    def _begin(self, request: Request, address: HostPort, owner: Owner | Call, moment: Moment) -> None:
        transaction, effects = self.layer.request(request, address, moment.mono)
        transaction.owner = owner
        self._carry_out(effects, moment)
        self._arm()

    def _send_ack(self, request: Request, call: Call) -> None:
        hop = call.session.dialog.next_hop()
        address = call.flow or _literal(hop)
        if address is not None:
            self._transmit(encode(request), address)
        else:
            self._work.start(f"resolve {hop.host}", self._ack_resolved(request, hop))

    async def _ack_resolved(self, request: Request, hop: URI) -> None:
        self._transmit(encode(request), await _resolve(hop))

    def _respond(self, transaction: Transaction, response: Response, moment: Moment) -> None:
        response.headers.set("Server", self.product)
        try:
            self._carry_out(self.layer.respond(transaction, response, moment.mono), moment)
        except StateError as error:
            # The transaction is over (64·T1 passed): nobody waits for this answer any more.
            log.warning("answer came too late status=%s error=%s", response.code, error)

    # -- responses ----------------------------------------------------------------------------------------

    def _receive_response(self, transaction: Transaction, response: Response, moment: Moment) -> None:
        match transaction.owner:
            case Call() as call:
                self.perform(call, call.session.receive_response(response), moment)
            case None:
                pass
            case owner:
                owner.receive(transaction.request, response, moment)  # type: ignore[attr-defined]

    def _timed_out(self, transaction: Transaction, moment: Moment) -> None:
        if transaction.owner is not None:
            self._tell_timeout(transaction.request, transaction.owner, moment)  # type: ignore[arg-type]

    def _tell_timeout(self, request: Request, owner: Owner | Call, moment: Moment) -> None:
        if isinstance(owner, Call):
            self.perform(owner, owner.session.timed_out(request), moment)
        else:
            owner.timed_out(request, moment)

    # -- requests -----------------------------------------------------------------------------------------

    def _receive_ack(self, ack: Request, moment: Moment) -> None:
        calls = self._calls.get(ack.call_id, [])
        exact = [call for call in calls if call.session.dialog.matches(ack)]
        for call in exact or [c for c in calls if c.session.dialog.acknowledged_by(ack)]:
            self.perform(call, call.session.receive_ack(ack), moment)

    def _receive_request(self, transaction: Transaction, moment: Moment) -> None:
        request = transaction.request
        try:
            self._dispatch(transaction, request, moment)
        except (PeerError, ValueError) as error:  # ValueError: a header that sipmessage cannot read
            status, reason = (error.status, error.reason) if isinstance(error, PeerError) else (400, None)
            response = respond(request, status, reason, to_tag=new_tag())
            self._respond(transaction, response, moment)

    def _dispatch(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        if request.method == "CANCEL":
            self._cancel(transaction, request, moment)
        elif tag_of(request.to_address) is not None:
            self._in_dialog(transaction, request, moment)
        elif request.method in ("INVITE", "REGISTER"):
            self._check(request)
            self._admit(transaction, request, moment)
        elif request.method == "OPTIONS":
            self._respond(transaction, _capabilities(request), moment)
        elif request.method in ("BYE", "INFO", "UPDATE", "PRACK", "NOTIFY"):
            raise PeerError(f"{request.method} outside a dialog", status=481)
        else:
            response = respond(request, 405, to_tag=new_tag())
            response.headers.set("Allow", ALLOW)
            self._respond(transaction, response, moment)

    def _cancel(self, transaction: Transaction, cancel: Request, moment: Moment) -> None:
        invite = self.layer.find_invite(cancel)
        call = invite.owner if invite else None
        if not isinstance(call, Call):
            raise PeerError("CANCEL for no INVITE", status=481)
        self._respond(transaction, respond(cancel, 200, to_tag=call.session.dialog.local_tag), moment)
        self.perform(call, call.session.receive_cancel(), moment)

    def _in_dialog(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        for call in self._calls.get(request.call_id, []):
            if call.session.dialog.matches(request):
                transaction.owner = call
                self.perform(call, call.session.receive_request(transaction), moment)
                return
        raise PeerError("no such dialog", status=481)

    def _check(self, request: Request) -> None:
        if request.uri.scheme not in ("sip", "sips"):
            raise PeerError("unknown URI scheme", status=416)
        if request.headers.get("Max-Forwards") == "0" and request.method == "INVITE":
            raise PeerError("too many hops", status=483)  # we would send it on

    def _admit(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        if request.require:
            response = respond(request, 420, to_tag=new_tag())
            response.unsupported = request.require
            self._respond(transaction, response, moment)
            return
        source = transaction.to
        admission = self._policy.admit(request, source, moment.mono)
        if admission.status is not None:
            response = respond(request, admission.status, to_tag=new_tag())
            response.headers.setlist("WWW-Authenticate", list(admission.challenges))
            # A challenge keeps no state (section 8.2.7), so that asking costs an attacker's target nothing,
            # and a phone that answers with the same branch (pyVoIP 1.6.8) is heard.
            self.layer.forget(transaction)
            response.headers.set("Server", self.product)
            self._transmit(encode(response), source)
        elif request.method == "REGISTER":
            response = self._policy.register(admission.identity or "", request, source, moment.mono)
            self._respond(transaction, response, moment)
        else:
            self._incoming(transaction, request, admission, moment)

    def _incoming(
        self, transaction: Transaction, invite: Request, admission: Admission, moment: Moment
    ) -> None:
        description = None
        if invite.body:
            if str(invite.content_type).split(";")[0].lower() != CONTENT_TYPE:
                raise PeerError("a body that is not SDP", status=415)
            description = Description.parse(invite.body)
        dialog = Dialog.incoming(self.local, invite)
        session = Session.incoming(dialog, transaction)
        flow = None if dialog.route_set else _nat_flow(dialog.remote_target, transaction.to)
        call = Call(self, session, moment, flow=flow, identity=admission.identity)
        call.remote = description
        transaction.owner = call
        self._calls.setdefault(call.call_id, []).append(call)
        self._respond(transaction, respond(invite, 100), moment)
        self._work.start(f"call {call.call_id}", self._handle(call))

    async def _handle(self, call: Call) -> None:
        try:
            await self._on_call(call)
        except Exception:
            call.reject(500)
            call.hangup()
            raise


def _capabilities(request: Request) -> Response:
    response = respond(request, 200, to_tag=new_tag())
    response.headers.set("Allow", ALLOW)
    response.headers.set("Accept", CONTENT_TYPE)
    return response


def _reachable(host: str) -> str:
    """The address others reach us at when we listen on every one: that of the default route."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only picks a route
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def _literal(uri: URI) -> HostPort | None:
    host = uri.host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return (host, uri.port or 5060)


async def _resolve(uri: URI) -> HostPort:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(uri.host, uri.port or 5060, type=socket.SOCK_DGRAM)
    return (str(found[0][4][0]), int(found[0][4][1]))


def _nat_flow(target: URI, source: HostPort) -> HostPort | None:
    literal = _literal(target)
    return source if literal is not None and literal[0] != source[0] else None


def _hop_of(invite: Request) -> URI:
    return invite.route[0].uri if invite.route else invite.uri
