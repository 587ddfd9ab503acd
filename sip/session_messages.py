"""What a session puts into its messages and reads out of them."""

from __future__ import annotations

from sip.dialog import Dialog
from sip.errors import PeerError
from sip.message import Request, Response, copied, media_type
from sip.sdp import CONTENT_TYPE, Description


def put_sdp(message: Request | Response, body: bytes) -> None:
    """Gives a message an SDP body, unless it is empty."""
    if body:
        message.headers.set("Content-Type", CONTENT_TYPE)
        message.body = body


def sdp_of(message: Request | Response) -> Description | None:
    """The SDP in a message's body, or None where there is none that can be used."""
    try:
        return offer_of(message)
    except PeerError:
        return None


def offer_of(message: Request | Response) -> Description | None:
    """The SDP in a message's body, or None for an empty one.

    Raises PeerError: 415 for a body of another kind (section 8.2.3), 488 for SDP that cannot be read.
    """
    if not message.body:
        return None
    if media_type(message) not in (CONTENT_TYPE, ""):
        raise PeerError("a body that is not SDP", status=415, headers=(("Accept", CONTENT_TYPE),))
    return Description.parse(message.body)


def cancel_of(invite: Request) -> Request:
    """The CANCEL of an INVITE: same branch, same route, same number (section 9.1)."""
    cancel = Request("CANCEL", invite.uri)
    cancel.headers.set("Via", str(invite.via[0]))
    cancel.headers.set("Max-Forwards", "70")
    for name in ("From", "To", "Call-ID"):
        cancel.headers.set(name, invite.headers[name])
    cancel.headers.set("CSeq", f"{invite.cseq.sequence} CANCEL")
    for route in invite.headers.getlist("Route"):
        cancel.headers.add("Route", route)
    return cancel


def ack_of(dialog: Dialog, invite: Request) -> Request:
    """The ACK of a 2xx, with the INVITE's number and credentials (section 13.2.2.4)."""
    ack = dialog.request("ACK", cseq=invite.cseq.sequence)
    for name in ("Authorization", "Proxy-Authorization"):
        if credentials := invite.headers.getlist(name):
            ack.headers.setlist(name, list(credentials))
    return ack


def renewed(request: Request, dialog: Dialog) -> Request:
    """The same request with a new branch and the dialog's next number, as for a challenge (section 22.2)."""
    again = copied(request)
    again.via = [dialog.local.via()]
    dialog.local_cseq += 1
    again.headers.set("CSeq", f"{dialog.local_cseq} {request.method}")
    return again
