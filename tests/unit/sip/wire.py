"""Messages for the SIP tests, as a phone would write them."""

from __future__ import annotations

from sip.message import Request, Response, parse, respond

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)


def raw(
    method: str = "INVITE",
    *,
    uri: str = "sip:8000@192.0.2.9",
    via: str = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
    from_: str = "<sip:1001@192.0.2.9>;tag=them",
    to: str = "<sip:8000@192.0.2.9>",
    call_id: str = "call-1",
    cseq: int = 1,
    contact: str | None = "<sip:1001@192.0.2.1:5060>",
    extra: str = "",
    body: bytes = b"",
) -> bytes:
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: {via}",
        "Max-Forwards: 70",
        f"From: {from_}",
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
        *([f"Contact: {contact}"] if contact else []),
        *extra.splitlines(),
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def request(
    method: str = "INVITE",
    *,
    uri: str = "sip:8000@192.0.2.9",
    via: str = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
    from_: str = "<sip:1001@192.0.2.9>;tag=them",
    to: str = "<sip:8000@192.0.2.9>",
    call_id: str = "call-1",
    cseq: int = 1,
    contact: str | None = "<sip:1001@192.0.2.1:5060>",
    extra: str = "",
    body: bytes = b"",
) -> Request:
    message = parse(
        raw(
            method,
            uri=uri,
            via=via,
            from_=from_,
            to=to,
            call_id=call_id,
            cseq=cseq,
            contact=contact,
            extra=extra,
            body=body,
        )
    )
    assert isinstance(message, Request)
    return message


def response(
    to: Request,
    code: int,
    *,
    tag: str | None = "they",
    contact: str | None = "<sip:agent@192.0.2.2:5062>",
    extra: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """The other side's answer to a request of ours."""
    answer = respond(to, code, to_tag=tag)
    if contact and code < 300:
        answer.headers.set("Contact", contact)
    for name, value in extra:
        answer.headers.add(name, value)
    if body:
        answer.headers.set("Content-Type", "application/sdp")
        answer.body = body
    return answer
