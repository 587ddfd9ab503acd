"""A short text for a telephone's display: a MESSAGE outside any dialog (RFC 3428), without I/O."""

from __future__ import annotations

from sip.dialog import LocalSide, bare
from sip.message import URI, Address, CSeq, Request, new_call_id, new_tag

MOST_BYTES = 1300
"""A longer one must not go by UDP (RFC 3428 section 8)."""


def text_message(
    target: URI,
    local: LocalSide,
    text: str,
    *,
    from_address: Address,
    to: Address,
    route: tuple[Address, ...] = (),
) -> Request:
    """The request for `target`, by `route`. Raises ValueError for a text that is too long.

    It has no Contact (section 4): nobody is to answer it.
    """
    body = text.encode()
    if len(body) > MOST_BYTES:
        raise ValueError(f"a text of {len(body)} bytes is too long for a MESSAGE: {MOST_BYTES} are the most")
    request = Request("MESSAGE", target)
    request.via = [local.via()]
    request.headers.set("Max-Forwards", "70")
    request.from_address = Address(
        from_address.uri, from_address.name, parameters=from_address.parameters.replace(tag=new_tag())
    )
    request.to_address = Address(bare(to.uri), to.name)
    request.call_id = new_call_id()
    request.cseq = CSeq(1, "MESSAGE")
    if route:
        request.route = list(route)
    request.headers.set("Content-Type", "text/plain;charset=UTF-8")
    request.body = body
    return request
