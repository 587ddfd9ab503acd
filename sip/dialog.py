"""Dialogs (RFC 3261 section 12): identity, route set, sequence numbers. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sip.errors import PeerError
from sip.message import (
    URI,
    Address,
    CSeq,
    Parameters,
    Request,
    Response,
    Via,
    contact_uri,
    new_branch,
    new_call_id,
    new_tag,
    tag_of,
    tagged,
)

MAX_FORWARDS = "70"
_TARGETED = ("INVITE", "ACK", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY", "OPTIONS")
"""Methods that may carry a Contact (RFC 3261 table 2 and the later ones' own)."""


@dataclass(frozen=True, slots=True)
class LocalSide:
    """How we are reached: what goes into Via and Contact."""

    host: str
    port: int
    transport: str = "UDP"
    secure: bool = False
    """Whether a sips URI is wanted: the Contact of a dialog that began with one (section 12.1.1)."""

    def via(self) -> Via:
        # rport asks the other side to answer to where we really are (RFC 3581).
        return Via(self.transport, self.host, self.port, Parameters(branch=new_branch(), rport=None))

    def contact(self, user: str | None) -> Address:
        scheme = "sips" if self.secure else "sip"
        named = self.transport not in ("UDP", "TLS" if self.secure else "UDP")
        parameters = Parameters(transport=self.transport.lower()) if named else Parameters()
        return Address(URI(scheme, self.host, user=user, port=self.port, parameters=parameters))


@dataclass(slots=True)
class Dialog:
    """One peer-to-peer relationship. Made by the INVITE's sender (uac) or its receiver (uas).

    `local_cseq` is the number of our last request, `remote_cseq` that of theirs.
    """

    local: LocalSide
    call_id: str
    local_address: Address
    remote_address: Address
    remote_target: URI
    contact: Address
    local_cseq: int = 1
    remote_cseq: int | None = None
    route_set: list[Address] = field(default_factory=list)
    remote_header: str | None = None
    """The other side's From or To as it wrote it: it may compare its tag letter for letter."""

    @property
    def local_tag(self) -> str:
        return tag_of(self.local_address) or ""

    @property
    def remote_tag(self) -> str:
        return tag_of(self.remote_address) or ""

    @classmethod
    def outgoing(
        cls,
        local: LocalSide,
        target: URI,
        *,
        from_address: Address,
        to: Address | None = None,
        route: tuple[Address, ...] = (),
    ) -> Dialog:
        """A dialog to be: the INVITE's side before any answer (section 12.1.2), reached by `route`."""
        ours = Address(from_address.uri, from_address.name, from_address.parameters.replace(tag=new_tag()))
        return cls(
            local=local,
            call_id=new_call_id(),
            local_address=ours,
            remote_address=to or Address(bare(target)),
            remote_target=replace(target, headers=""),  # no part of a request URI: section 19.1.1, table 1
            contact=local.contact(from_address.uri.user),
            local_cseq=0,
            route_set=list(route),
        )

    @classmethod
    def incoming(cls, local: LocalSide, invite: Request) -> Dialog:
        """The INVITE's receiver (section 12.1.1). Raises PeerError without a Contact."""
        target = contact_uri(invite)
        if target is None and _of_rfc2543(invite):
            target = invite.from_address.uri
        if target is None or not target.is_sip:
            raise PeerError("INVITE without a SIP Contact")  # section 8.1.1.8
        return cls(
            local=local,
            call_id=invite.call_id,
            local_address=Address.parse(tagged(invite.headers["To"], new_tag())),
            remote_address=invite.from_address,
            remote_target=target,
            contact=local.contact(invite.uri.user),
            local_cseq=0,
            remote_cseq=invite.cseq.sequence,
            route_set=invite.record_route,
            remote_header=invite.headers["From"],
        )

    def confirm(self, response: Response) -> None:
        """Takes tag, target and route set from a 1xx or 2xx to our INVITE (section 12.1.2)."""
        self.remote_address = response.to_address
        self.remote_header = response.headers["To"]
        self.refresh_target(response)
        self.route_set = list(reversed(response.record_route))

    def refresh_target(self, message: Request | Response) -> None:
        """A Contact in a target refresh request or its 2xx moves the remote target (section 12.2)."""
        self.remote_target = contact_uri(message) or self.remote_target

    def request(self, method: str, *, cseq: int | None = None) -> Request:
        """A request within the dialog (section 12.2.1.1). ACK and CANCEL name their INVITE's `cseq`."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        uri, routes = self._routing()
        request = Request(method, uri)
        request.via = [self.local.via()]
        request.headers.set("Max-Forwards", MAX_FORWARDS)
        request.from_address = self.local_address
        request.headers.set("To", self.remote_header or str(self.remote_address))
        request.call_id = self.call_id
        request.cseq = CSeq(cseq, method)
        if method in _TARGETED:
            request.contact = [self.contact]
        for route in routes:
            request.headers.add("Route", str(route))
        return request

    def _routing(self) -> tuple[URI, list[Address]]:
        if not self.route_set or "lr" in self.route_set[0].uri.parameters:
            return self.remote_target, self.route_set
        # A strict router: it wants itself in the request URI, the target last (section 12.2.1.1).
        return self.route_set[0].uri, [*self.route_set[1:], Address(self.remote_target)]

    def next_hop(self) -> URI:
        """Where requests of this dialog are sent first."""
        return self.route_set[0].uri if self.route_set else self.remote_target

    def receive(self, request: Request) -> None:
        """Checks a request's CSeq (section 12.2.2). Raises PeerError(500) for one out of order."""
        number = request.cseq.sequence
        if self.remote_cseq is not None and number < self.remote_cseq:
            raise PeerError("CSeq lower than the last one", status=500)
        self.remote_cseq = number

    def matches(self, request: Request) -> bool:
        """Whether a request from the other side belongs here: Call-ID and both tags."""
        return (
            request.call_id == self.call_id
            and tag_of(request.to_address) == self.local_tag
            and (tag_of(request.from_address) or "") == self.remote_tag
        )

    def acknowledged_by(self, ack: Request) -> bool:
        """Whether an ACK is meant for this dialog's INVITE.

        Some phones (pyVoIP 1.6.8 among them) put a random To tag into the ACK of a 2xx, so Call-ID, From tag
        and CSeq decide.
        """
        return (
            ack.call_id == self.call_id
            and (tag_of(ack.from_address) or "") == self.remote_tag
            and ack.cseq.sequence == self.remote_cseq
        )


def _of_rfc2543(invite: Request) -> bool:
    # Without tag and Contact it is an INVITE of before RFC 3261, and its From is where to call back
    # (RFC 4475 section 3.4.1).
    return invite.headers.get("Contact") is None and tag_of(invite.from_address) is None


def bare(uri: URI) -> URI:
    """A URI as it stands in From and To: no port, no parameters (section 19.1.1, table 1)."""
    return URI(uri.scheme, uri.host, user=uri.user)
