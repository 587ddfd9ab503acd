"""The user agent: a UDP socket, one timer, and the core's effects carried out."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sip.aio.call import Call
from sip.aio.dscp import CS3
from sip.aio.network import bracketed, hop_of, literal, nat_flow, reachable, resolve
from sip.aio.policy import Admission, Owner, Policy, capabilities, inspect, tend
from sip.aio.tasks import Tasks
from sip.aio.udp import UdpSocket
from sip.dialog import Dialog, LocalSide
from sip.digest import DigestClient
from sip.effects import Effect, Respond, SendAck, SendCancel, SendRequest
from sip.errors import PeerError, SipError, StateError
from sip.guard import Guard
from sip.layer import Ack, LayerEffect, Stray, TransactionLayer
from sip.message import URI, Address, Request, Response, encode, new_tag, refuse, respond, tag_of
from sip.moment import Moment
from sip.session import ALLOW, Session, offer_of
from sip.transactions import T1, Deliver, Send, TimedOut, Transaction
from sip.transactions import Address as HostPort

__all__ = ["Admission", "Owner", "Policy", "UserAgent"]

log = logging.getLogger(__name__)


class UserAgent:
    """A SIP user agent on one UDP socket.

    `on_call(call)` is awaited in a task of its own for every INVITE that the policy admits. If it returns and
    the call has neither been answered nor refused, the call is refused with 480.
    """

    def __init__(
        self,
        policy: Policy,
        on_call: Callable[[Call], Awaitable[None]],
        *,
        product: str = "Sanxiang",
        clock: Callable[[], float] = time.monotonic,
        guard: Guard | None = None,
        dscp: int = CS3,
    ) -> None:
        self.product = product
        self.guard = guard
        self._dscp = dscp
        self._policy = policy
        self._on_call = on_call
        self._clock = clock
        self._calls: dict[str, list[Call]] = {}
        self._waiting: set[Call] = set()
        self._work = Tasks()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._socket: UdpSocket | None = None
        self._quiet: asyncio.Event | None = None
        self._stopped = False
        self._resolving = 0
        self._forgetting: dict[Call, asyncio.TimerHandle] = {}
        self.local = LocalSide("", 0)
        self.layer = TransactionLayer(("", 0), guard)

    # -- life ---------------------------------------------------------------------------------------------

    async def start(self, host: str, port: int, advertised: str = "") -> None:
        """Opens the socket. `advertised` is the host written into messages. Raises OSError if taken."""
        counters = self.layer.counters
        self._socket = await UdpSocket.open(host, port, self.receive, self._clock, counters, dscp=self._dscp)
        self.local = LocalSide(bracketed(advertised or reachable(host)), self._socket.local[1])
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
        self._stopped = True  # from here on no timer is set
        for handle in (self._timer, *self._forgetting.values()):
            if handle is not None:
                handle.cancel()
        self._timer = None
        self._forgetting.clear()
        if self._socket:
            self._socket.close()

    @property
    def calls(self) -> list[Call]:
        return [call for calls in self._calls.values() for call in calls]

    @property
    def _family(self) -> int:
        return self._socket.family if self._socket else socket.AF_INET

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
        dialog = Dialog.outgoing(self.local, target, from_address=from_address, to=to, route=route)
        session = Session.outgoing(dialog, digest)
        call = Call(self, session, self.now(), flow=flow, ringing_on_183=ringing_on_183)
        self._calls.setdefault(call.call_id, []).append(call)
        self.perform(call, session.invite(sdp, headers), call.invited_at)
        return call

    def send(self, request: Request, to: URI, owner: Owner) -> None:
        """Sends a request that belongs to no call."""
        self._send(request, to, None, owner, self.now())

    # -- the wire -----------------------------------------------------------------------------------------

    def receive(self, data: bytes, source: HostPort, moment: Moment) -> None:
        """A datagram, with the moment of its arrival."""
        try:
            self._carry_out(self.layer.receive(data, source, moment.mono), moment)
        except (SipError, ValueError) as error:  # ValueError: a header that cannot be read
            # One peer's mistake must not reach another's call.
            self.layer.counters["protocol_error"] += 1
            log.warning("datagram refused source=%s:%s error=%s", *source, error)
        except Exception:
            # Nor may one of ours: every other call shares this socket and this timer.
            self.layer.counters["internal_error"] += 1
            log.exception("datagram failed source=%s:%s", *source)
        finally:
            tend(self.guard, moment.mono)
            self._arm()
            self._note_quiet()

    def _note_quiet(self) -> None:
        if self._quiet is not None and not (self.layer.outstanding or self._waiting or self._resolving):
            self._quiet.set()

    def _transmit(self, data: bytes, to: HostPort) -> None:
        if self._socket is None:
            return
        try:
            # A name would be looked up here and now, and an impossible port would close the socket for good.
            ipaddress.ip_address(to[0])
            if not 0 < to[1] < 65536:
                raise ValueError(f"port {to[1]}")
        except ValueError as error:
            self.layer.counters["unsendable"] += 1
            log.warning("datagram not sent error=%s", error)
            return
        self._socket.send(data, to)

    def _on_timer(self) -> None:
        self._timer = None
        moment = self.now()
        try:
            self._carry_out(self.layer.tick(moment.mono), moment)
            for call in list(self._waiting):
                self.perform(call, call.session.tick(moment.mono), moment)
        finally:
            tend(self.guard, moment.mono)
            self._arm()
            self._note_quiet()

    def _arm(self) -> None:
        if self._stopped:
            return
        wanted = [call.session.deadline for call in self._waiting]
        deadlines = [deadline for deadline in (self.layer.deadline, *wanted) if deadline is not None]
        if not deadlines:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, min(deadlines) - self._clock())
        if self._timer is not None:
            if self._timer_at <= when + 0.001:
                return
            self._timer.cancel()
        # Not `TimerHandle.when`: what uvloop gives for a time that is now has none.
        self._timer, self._timer_at = loop.call_at(when, self._on_timer), when

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
                    self._send(request, hop_of(invite), call.flow, call, moment)
                case SendAck(request, hop):
                    self._send_ack(request, call, hop)
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
        if call in calls and call not in self._forgetting and not self._stopped:
            loop = asyncio.get_running_loop()
            self._forgetting[call] = loop.call_later(64 * T1, self._forget, call)

    def _forget(self, call: Call) -> None:
        self._forgetting.pop(call, None)
        calls = self._calls.get(call.call_id, [])
        if call in calls:
            calls.remove(call)
        if not calls:
            self._calls.pop(call.call_id, None)

    def _send(
        self, request: Request, hop: URI, flow: HostPort | None, owner: Owner | Call, moment: Moment
    ) -> None:
        request.headers.set("User-Agent", self.product)
        address = flow or literal(hop)
        if address is not None:
            self._begin(request, address, owner, moment)
        elif not self._stopped:
            self._resolving += 1
            self._work.start(f"resolve {hop.host}", self._send_resolved(request, hop, owner))

    async def _send_resolved(self, request: Request, hop: URI, owner: Owner | Call) -> None:
        try:
            address = await resolve(hop, self._family)
        except OSError as error:
            log.warning("host not found host=%s error=%s", hop.host, error)
            self._tell_timeout(request, owner, self.now())
            return
        finally:
            self._resolving -= 1
        self._begin(request, address, owner, self.now())

    def _begin(self, request: Request, address: HostPort, owner: Owner | Call, moment: Moment) -> None:
        transaction, effects = self.layer.request(request, address, moment.mono)
        transaction.owner = owner
        self._carry_out(effects, moment)
        self._arm()

    def _send_ack(self, request: Request, call: Call, hop: URI | None) -> None:
        target = hop or call.session.dialog.next_hop()
        address = call.flow if hop is None and call.flow else literal(target)
        if address is not None:
            self._transmit(encode(request), address)
        elif not self._stopped:
            self._work.start(f"resolve {target.host}", self._ack_resolved(request, target))

    async def _ack_resolved(self, request: Request, hop: URI) -> None:
        try:
            self._transmit(encode(request), await resolve(hop, self._family))
        except OSError as error:
            log.warning("host not found host=%s error=%s", hop.host, error)

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
        elif request.method in ("BYE", "INFO", "UPDATE", "PRACK", "NOTIFY"):
            raise PeerError(f"{request.method} outside a dialog", status=481)
        else:
            raise PeerError("unknown method", status=405, headers=(("Allow", ALLOW),))

    def _cancel(self, transaction: Transaction, cancel: Request, moment: Moment) -> None:
        invite = self.layer.find_invite(cancel)
        call = invite.owner if invite else None
        if not isinstance(call, Call):
            raise PeerError("CANCEL for no INVITE", status=481)
        self._respond(transaction, respond(cancel, 200, to_tag=call.session.dialog.local_tag), moment)
        reason = cancel.headers.get("Reason") or ""
        self.perform(call, call.session.receive_cancel(reason), moment)

    def _in_dialog(self, transaction: Transaction, request: Request, moment: Moment) -> None:
        for call in self._calls.get(request.call_id, []):
            if call.session.dialog.matches(request):
                transaction.owner = call
                self.perform(call, call.session.receive_request(transaction), moment)
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
        self._check_merged(invite)
        source = transaction.source[0]
        description = offer_of(invite)
        dialog = Dialog.incoming(self.local, invite)
        session = Session.incoming(dialog, transaction)
        flow = None if dialog.route_set else nat_flow(dialog.remote_target, transaction.source)
        call = Call(self, session, moment, flow=flow, identity=admission.identity)
        call.remote = description
        if self.guard and not self.guard.open_dialog(source):
            raise PeerError("too many calls", status=503, headers=(("Retry-After", "30"),))
        transaction.owner = call
        self._calls.setdefault(call.call_id, []).append(call)
        self._respond(transaction, respond(invite, 100), moment)
        self._work.start(f"call {call.call_id}", self._handle(call, source))

    def _check_merged(self, invite: Request) -> None:
        # Section 8.2.2.2: the same request by another way, as a forking proxy makes it.
        for call in self._calls.get(invite.call_id, []):
            same = call.session.initial
            if (
                not call.is_over
                and same is not None
                and same.cseq == invite.cseq
                and tag_of(same.from_address) == tag_of(invite.from_address)
            ):
                raise PeerError("merged request", status=482)

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
