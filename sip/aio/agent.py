"""The user agent: its transports, one timer, and the core's effects carried out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

from sip.aio.alarm import Alarm
from sip.aio.call import Call, replaced_by
from sip.aio.deadlines import Deadlines
from sip.aio.dscp import CS3
from sip.aio.known import KnownCalls
from sip.aio.names import Names
from sip.aio.network import hop_of, nat_flow
from sip.aio.policy import (
    Admission,
    Owner,
    Policy,
    capabilities,
    check_merged,
    inspect,
    out_of_place,
    tend,
)
from sip.aio.sender import Sender
from sip.aio.tasks import Tasks
from sip.aio.tls import TlsSettings
from sip.aio.wire import TransportSpec, Wire
from sip.dialog import Dialog, LocalSide
from sip.digest import DigestClient
from sip.effects import Effect, Respond, SendAck, SendCancel, SendRequest
from sip.errors import PeerError, SipError, StateError
from sip.guard import Guard
from sip.layer import Ack, LayerEffect, Stray, TransactionLayer
from sip.message import URI, Address, Request, Response, encode, new_tag, refuse, respond, tag_of
from sip.moment import Moment
from sip.reliable import Reliability
from sip.session import Session, offer_of
from sip.session_timer import TimerPolicy
from sip.transactions import Address as HostPort
from sip.transactions import Deliver, Send, TimedOut, Transaction

__all__ = ["Admission", "Owner", "Policy", "TlsSettings", "TransportSpec", "UserAgent"]

log = logging.getLogger(__name__)


class UserAgent:
    """A SIP user agent: on one UDP socket after `start`, on more transports after `listen`.

    `names` looks host names up, `tls` says whose certificates are good on connections that we open.

    `on_call(call)` is awaited in a task of its own for every INVITE that the policy admits. If it returns and
    the call has neither been answered nor refused, the call is refused with 480. `timer` says which session
    timers (RFC 4028) its calls ask for and grant.
    """

    def __init__(
        self,
        policy: Policy,
        on_call: Callable[[Call], Awaitable[None]],
        *,
        product: str = "Sanxiang",
        timer: TimerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        names: Names | None = None,
        tls: TlsSettings | None = None,
        guard: Guard | None = None,
        dscp: int = CS3,
    ) -> None:
        self.on_lost: Callable[[int], None] = lambda connection: None
        """Told of the number of a connection that has ended."""
        self.reliability = Reliability.REQUIRED
        self.product = product
        self.guard = guard
        self._policy = policy
        self._on_call = on_call
        self._timer_policy = timer
        self._clock = clock
        self._calls = KnownCalls()
        self._waiting: Deadlines[Call] = Deadlines()
        self._work = Tasks()
        self._alarm = Alarm(self._on_timer)
        self._quiet: asyncio.Event | None = None
        self._stopped = False
        self.local = LocalSide("", 0)
        self.layer = TransactionLayer(("", 0), guard)
        self.wire = Wire(self, clock, self.layer.counters, names=names, tls=tls, dscp=dscp)
        self._sender: Sender[Owner | Call] = Sender(self.wire, self._begin, self._tell_timeout, self.now)

    # -- life ---------------------------------------------------------------------------------------------

    async def start(self, host: str, port: int, advertised: str = "") -> None:
        """Opens a UDP socket. `advertised` is the host written into messages. Raises OSError if taken."""
        await self.listen(TransportSpec("UDP", host, port, advertised))

    async def listen(self, *specs: TransportSpec) -> None:
        """Opens transports. The very first one is `local`, how we are reached if nothing else is said.

        Raises OSError where a port is taken or a certificate cannot be used.
        """
        for spec in specs:
            local = await self.wire.listen(spec)
            if not self.local.host:
                self.local = local
                self.layer.sent_by = (local.host, local.port)

    async def stop(self, grace: float = 0.5) -> None:
        """Hangs up every call, waits `grace` seconds at most for the answers, closes the socket."""
        for call in self.calls:
            call.hangup()
        self._quiet = asyncio.Event()
        self._note_quiet()
        with contextlib.suppress(TimeoutError):  # who does not answer a BYE is not waited for
            await asyncio.wait_for(self._quiet.wait(), grace)
        await self._work.stop()
        await self._sender.work.stop()
        self._stopped = True  # from here on no timer is set
        self._alarm.cancel()
        self._calls.close()
        await self.wire.close()

    @property
    def calls(self) -> list[Call]:
        return list(self._calls)

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
        route: tuple[Address, ...] = (),
        digest: DigestClient | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        ringing_on_183: bool = False,
    ) -> Call:
        """Calls `target`, by `route`. `flow` is where to send, if not to the next hop's own address."""
        local = self.wire.local_toward(target, flow)
        dialog = Dialog.outgoing(local, target, from_address=from_address, to=to, route=route)
        session = Session.outgoing(dialog, digest, self._timer_policy)
        call = Call(self, session, self.now(), flow=flow, ringing_on_183=ringing_on_183)
        self._calls.add(call)
        self.perform(call, session.invite(sdp, headers), call.invited_at)
        return call

    def send(self, request: Request, to: URI, owner: Owner, *, flow: HostPort | None = None) -> None:
        """Sends a request whose answer is its owner's affair. `flow` is as for `invite`."""
        self._send(request, to, flow, owner, self.now())

    def passes_over(self, call: Call) -> bool:
        """No answer came to the INVITE of `call`: that address is tried last. False: there is no other."""
        return self._sender.silent(call.invite, self.layer.sent_to(call.invite), self.now())

    # -- the wire -----------------------------------------------------------------------------------------

    def receive(self, data: bytes, source: HostPort, moment: Moment) -> None:
        """A message, with the moment of its arrival."""
        self._take(lambda: self.layer.receive(data, source, moment.mono), source, moment)

    def unreadable(self, head: bytes, source: HostPort, error: PeerError) -> None:
        """A connection brought something that has no end; it is closed after the answer."""
        moment = self.now()
        self._take(lambda: self.layer.refuse_malformed(head, source, error), source, moment)

    def lost(self, connection: int) -> None:
        """A connection has ended."""
        self.on_lost(connection)
        moment = self.now()
        self._take(lambda: self.layer.lost(connection, moment.mono), ("connection", connection), moment)

    def _take(self, happened: Callable[[], list[LayerEffect]], source: HostPort, moment: Moment) -> None:
        try:
            self._carry_out(happened(), moment)
        except (SipError, ValueError) as error:  # ValueError: a header that cannot be read
            # One peer's mistake must not reach another's call.
            self.layer.counters["protocol_error"] += 1
            log.warning("message refused source=%s:%s error=%s", *source, error)
        except Exception:
            # Nor may one of ours: every other call shares this socket and this timer.
            self.layer.counters["internal_error"] += 1
            log.exception("message failed source=%s:%s", *source)
        finally:
            tend(self.guard, moment.mono)
            self._arm()
            self._note_quiet()

    def _note_quiet(self) -> None:
        if self._quiet is not None and not (self.layer.outstanding or self._waiting or self._sender.pending):
            self._quiet.set()

    def _transmit(self, data: bytes, to: HostPort) -> None:
        if not self._stopped:
            self.wire.send(data, to)

    def _on_timer(self) -> None:
        moment = self.now()
        try:
            self._carry_out(self.layer.tick(moment.mono), moment)
            while (call := self._waiting.pop(moment.mono)) is not None:
                self.perform(call, call.session.tick(moment.mono), moment)
        finally:
            tend(self.guard, moment.mono)
            self._arm()
            self._note_quiet()

    def _arm(self) -> None:
        if self._stopped:
            return
        wanted = (self.layer.deadline, self._waiting.next)
        deadlines = [deadline for deadline in wanted if deadline is not None]
        if deadlines:
            self._alarm.set(min(deadlines) - self._clock())

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
                case SendRequest(request, hop):
                    # Another branch of a fork stands elsewhere: our flow is not the way to it.
                    flow = call.flow if hop is None else None
                    self._send(request, hop or call.session.dialog.next_hop(), flow, call, moment)
                case SendCancel(request, invite):
                    self._carry_out(self.layer.give_up(invite, moment.mono), moment)
                    flow = self.layer.sent_to(invite) or call.flow  # section 9.1: where the INVITE went
                    self._send(request, hop_of(invite), flow, call, moment)
                case SendAck(request, hop):
                    self._send_ack(request, call, hop)
                case Respond(transaction, response):
                    self._respond(transaction, response, moment)
                case _:
                    call.take(effect, moment)
        self._waiting.set(call, call.session.deadline)
        if call.is_over and not self._stopped:
            self._calls.forget_later(call)
        self._arm()

    def _send(
        self, request: Request, hop: URI, flow: HostPort | None, owner: Owner | Call, moment: Moment
    ) -> None:
        request.headers.set("User-Agent", self.product)
        if not self._stopped:
            self._sender.send(request, hop, flow, owner, moment)

    def _begin(self, request: Request, address: HostPort, owner: Owner | Call, moment: Moment) -> Transaction:
        transaction, effects = self.layer.request(request, address, moment.mono)
        transaction.owner = owner
        self._carry_out(effects, moment)
        self._arm()
        return transaction

    def _send_ack(self, request: Request, call: Call, hop: URI | None) -> None:
        if not self._stopped:
            flow = call.flow if hop is None else None
            self._sender.send_alone(request, hop or call.session.dialog.next_hop(), flow)

    def _respond(self, transaction: Transaction, response: Response, moment: Moment) -> None:
        response.headers.set("Server", self.product)
        try:
            self._carry_out(self.layer.respond(transaction, response, moment.mono), moment)
        except StateError as error:
            # The transaction is over (64·T1 passed): nobody waits for this answer any more.
            log.warning("answer came too late status=%s error=%s", response.code, error)

    # -- responses ----------------------------------------------------------------------------------------

    def _receive_response(self, transaction: Transaction, response: Response, moment: Moment) -> None:
        if response.code == 503 and self._next_target(transaction, moment):
            return
        self._sender.answered(transaction)
        match transaction.owner:
            case Call() as call:
                request = transaction.request
                self.perform(call, call.session.receive_response(response, moment.mono, request), moment)
            case None:
                pass
            case owner:
                cast(Owner, owner).receive(transaction.request, response, moment)

    def _timed_out(self, transaction: Transaction, moment: Moment) -> None:
        if transaction.owner is not None and not self._next_target(transaction, moment):
            owner = cast(Owner | Call, transaction.owner)
            self._tell_timeout(transaction.request, owner, moment)

    def _next_target(self, transaction: Transaction, moment: Moment) -> bool:
        call = transaction.owner
        if isinstance(call, Call) and call.session.given_up:
            self._sender.abandon(transaction)
            return False
        return self._sender.again(transaction, moment)

    def _tell_timeout(self, request: Request, owner: Owner | Call, moment: Moment) -> None:
        if isinstance(owner, Call):
            self.perform(owner, owner.session.timed_out(request), moment)
        else:
            owner.timed_out(request, moment)

    # -- requests -----------------------------------------------------------------------------------------

    def _receive_ack(self, ack: Request, moment: Moment) -> None:
        calls = self._calls.of(ack.call_id)
        exact = [call for call in calls if call.session.dialog.matches(ack)]
        for call in exact or [c for c in calls if c.session.dialog.acknowledged_by(ack)]:
            self.perform(call, call.session.receive_ack(ack), moment)

    def _receive_request(self, transaction: Transaction, moment: Moment) -> None:
        request = transaction.request
        try:
            self._dispatch(transaction, request, moment)
        except PeerError as error:
            self._respond(transaction, refuse(request, error), moment)
        except ValueError as error:  # a header that cannot be read
            self._respond(transaction, refuse(request, PeerError(str(error))), moment)
        except Exception:
            # The other side must not wait for an answer that never comes (section 21.5.1).
            self.layer.counters["internal_error"] += 1
            log.exception("request failed method=%s", request.method)
            self._respond(transaction, refuse(request, PeerError("a fault of ours", status=500)), moment)

    def _dispatch(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        if request.method == "CANCEL":
            self._cancel(transaction, request, moment)
            return
        inspect(request)
        if tag_of(request.to_address) is not None:
            self._in_dialog(transaction, request, moment)
        elif request.method in ("INVITE", "REGISTER"):
            self._admit(transaction, request, moment)
        elif request.method == "OPTIONS":
            self._respond(transaction, capabilities(request), moment)
        else:
            raise out_of_place(request.method)

    def _cancel(self, transaction: Transaction, cancel: Request, moment: Moment) -> None:
        invite = self.layer.find_invite(cancel)
        call = invite.owner if invite else None
        if not isinstance(call, Call):
            raise PeerError("CANCEL for no INVITE", status=481)
        self._respond(transaction, respond(cancel, 200, to_tag=call.session.dialog.local_tag), moment)
        reason = cancel.headers.get("Reason") or ""
        self.perform(call, call.session.receive_cancel(reason), moment)

    def _in_dialog(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        for call in self._calls.of(request.call_id):
            if call.session.features.forks.owns(request):
                transaction.owner = call
                self.perform(call, call.session.receive_request(transaction, moment.mono), moment)
                return
        raise PeerError("no such dialog", status=481)

    def _admit(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        source = transaction.source
        admission = self._policy.admit(request, source, moment.mono)
        if admission.status is not None:
            response = respond(request, admission.status, to_tag=new_tag())
            for challenge in admission.challenges:
                response.headers.add("WWW-Authenticate", challenge)
            # A challenge keeps no state (section 8.2.7), so that asking costs an attacker's target nothing,
            # and a phone that answers with the same branch (pyVoIP 1.6.8) is heard.
            self.layer.forget(transaction)
            response.headers.set("Server", self.product)
            self._transmit(encode(response), transaction.to)
        elif request.method == "REGISTER":
            response = self._policy.register(admission.identity or "", request, source, moment.mono)
            self._respond(transaction, response, moment)
        else:
            self._incoming(transaction, request, admission, moment)

    def _incoming(
        self, transaction: Transaction, invite: Request, admission: Admission, moment: Moment
    ) -> None:
        check_merged(invite, self._calls.of(invite.call_id))
        replaced = replaced_by(invite, self._calls.of)
        source = transaction.source[0]
        description = offer_of(invite)
        local = self.wire.local_for(transaction.source, secure=invite.uri.scheme == "sips")
        dialog = Dialog.incoming(local, invite)
        session = Session.incoming(dialog, transaction, self._timer_policy)
        session.features.reliability = self.reliability
        flow = None if dialog.route_set else nat_flow(dialog.remote_target, transaction.source)
        call = Call(self, session, moment, flow=flow, identity=admission.identity)
        call.remote, call.replaced = description, replaced
        if self.guard and not self.guard.open_dialog(source):
            raise PeerError("too many calls", status=503, headers=(("Retry-After", "30"),))
        transaction.owner = call
        self._calls.add(call)
        self._respond(transaction, respond(invite, 100), moment)
        self._work.start(f"call {call.call_id}", self._handle(call, source))

    async def _handle(self, call: Call, source: str) -> None:
        try:
            await self._on_call(call)
        except Exception:
            call.reject(500)
            call.hangup()
            raise
        finally:
            if self.guard:
                self.guard.close_dialog(source)
        call.reject(480)  # does nothing to a call that was answered or refused
