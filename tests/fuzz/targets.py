"""The fuzz targets. Each takes any bytes at all, and fails by raising what it does not name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sip.digest import Check, DigestServer, header_of, parameters_of
from sip.errors import PeerError
from sip.layer import Ack, Stray, TransactionLayer
from sip.malformed import salvage
from sip.media import g711
from sip.media.dtmf import Detector, Event, MalformedEvent
from sip.media.rtp import MalformedPacket, Packet, payload_span
from sip.media.timeline import MAX_PENDING, Timeline
from sip.media.wav import MalformedWav, Wav, build
from sip.message import Request, encode, parse, respond
from sip.sdp import Description, answer, offer
from sip.transactions import Deliver, Send, TimedOut


@dataclass(frozen=True)
class Target:
    """`run` holds the invariant that its docstring states; `seeds` is the corpus to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def fuzz_message(data: bytes) -> None:
    """Any datagram is a message or a PeerError. A message that was read is written and read again to the same
    bytes; every request can be answered, and that answer can be read; what cannot be read is answered with
    what can be sent. A transaction layer takes all of it and keeps no more than the transaction it opens.
    """
    layer = TransactionLayer(("192.0.2.9", 5060))
    for effect in layer.receive(data, ("192.0.2.1", 5060), 0.0):
        assert isinstance(effect, Send | Deliver | TimedOut | Ack | Stray)
        if isinstance(effect, Send):
            assert effect.data.startswith(b"SIP/2.0 ") and effect.to[0] == "192.0.2.1"
    assert len(layer) <= 1
    try:
        message = parse(data)
    except PeerError as error:
        if (found := salvage(data)) is not None:
            assert encode(found.refused(error)).startswith(b"SIP/2.0 ")
        return
    wire = encode(message)
    assert encode(parse(wire)) == wire
    if isinstance(message, Request):
        assert parse(encode(respond(message, 200, to_tag="me"))).call_id == message.call_id


def fuzz_sdp(data: bytes) -> None:
    """Any body is a Description or a PeerError(488). One that was read is written and read again to the same
    value, once its free text is gone; an answer to it has as many m-lines, in order, and names an agreement
    whose port is one that its offer named.
    """
    try:
        theirs = Description.parse(data)
    except PeerError as error:
        assert error.status == 488
        return
    try:
        ours, agreement = answer(theirs, "192.0.2.9", 4000)
    except PeerError as error:
        assert error.status == 488
        return
    assert [media.kind for media in ours.media] == [media.kind for media in theirs.media]
    assert sum(media.port != 0 for media in ours.media) == 1
    assert agreement.port in {media.port for media in theirs.media}
    assert agreement.codec.name.upper() in ("PCMA", "PCMU")
    again = Description.parse(bytes(ours))
    assert [media.port for media in again.media] == [media.port for media in ours.media]


_BARE = ("qop", "nc", "algorithm", "stale")
_SERVER = DigestServer("office", secret=b"fuzz")


def fuzz_digest(data: bytes) -> None:
    """Any Authorization header is read or a ValueError; what was read is written and read again to the same
    value (what stands in quotation marks). Nobody is admitted by it without the password.
    """
    text = data.decode("utf-8", "replace").replace("\r", "").replace("\n", "")
    try:
        given = parameters_of(text)
    except ValueError:
        given = None
    if given is not None:
        quoted = {name: value for name, value in given.items() if name not in _BARE}
        assert parameters_of(header_of(quoted)) == quoted
    request = parse(_OPTIONS)
    assert isinstance(request, Request)
    request.headers.set("Authorization", text)
    assert _SERVER.check(request, "a password that no fuzzer finds", 100.0) is not Check.GOOD


def fuzz_rtp(data: bytes) -> None:
    """Any datagram is a packet or a MalformedPacket; one that was read is written again to the same bytes.
    Its payload as a key press gives one key at most however often it comes. Its audio in a timeline is never
    written before the beginning nor beyond the end, and what waits there is bounded.
    """
    packets = [data[at : at + 200] for at in range(0, min(len(data), 20_000), 200)]
    timeline, detector = Timeline(g711.PCMA, 0.0), Detector()
    for number, raw in enumerate(packets):
        try:
            packet = Packet.parse(raw)
        except MalformedPacket:
            continue
        assert bytes(packet) == raw
        start, end = payload_span(raw)
        assert raw[start:end] == packet.payload
        _press(detector, packet)
        timeline.place(
            number * 0.02, packet.ssrc, packet.sequence, packet.timestamp, packet.payload, packet.marker
        )
        assert len(timeline._pending) <= MAX_PENDING
    _written(timeline, len(packets) * 0.02)


def _press(detector: Detector, packet: Packet) -> None:
    try:
        event = Event.parse(packet.payload)
    except MalformedEvent:
        return
    assert bytes(event) == packet.payload[:4]
    keys = [detector.feed(packet.ssrc, packet.timestamp, packet.payload) for _ in range(3)]
    assert sum(key is not None for key in keys) <= 1


def _written(timeline: Timeline, ended: float) -> None:
    half, end = timeline.take(ended / 2), round(ended * 8000)
    done = timeline.written
    for position, piece in [*half, *timeline.finish(ended)]:
        assert position >= 0 and position + len(piece) <= end
    assert done <= timeline.written == end


def fuzz_wav(data: bytes) -> None:
    """Any file is a Wav or a MalformedWav. Of one that was read the length is a number of seconds, and its
    audio is G.711 or a MalformedWav; G.711 that is built into a file is read from it again.
    """
    try:
        wav = Wav.parse(data)
        assert 0.0 <= wav.seconds < float("inf")
        audio = wav.as_codec()
    except MalformedWav:
        return
    assert Wav.parse(build(g711.PCMA, audio)).data == audio


_OPTIONS = (
    b"OPTIONS sip:desk@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKfuzz;rport\r\n"
    b'From: "A, b" <sip:a@192.0.2.1;x=y>;tag=f\r\nTo: sip:desk@192.0.2.9\r\nCall-ID: fuzz\r\n'
    b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)
_SDP = bytes(offer("192.0.2.1", 4000))
_INVITE = (
    _OPTIONS.replace(b"OPTIONS", b"INVITE").replace(
        b"Content-Length: 0",
        b"Contact: <sip:a@192.0.2.1>\r\nRecord-Route: <sip:p;lr>,\r\n <sip:q>\r\n"
        b"Content-Type: application/sdp\r\nl: %d" % len(_SDP),
    )
    + _SDP
)
_VIDEO = b"m=video 0 RTP/SAVP 99\r\na=rtpmap:99 h263/90000\r\nm=audio 5000/2 RTP/AVP 96 0\r\na=inactive\r\n"
_RTP = b"".join(
    bytes(Packet(8, number, number * 160, 7, b"\xd5" * 188, number == 0)) for number in range(4)
) + bytes(Packet(101, 4, 640, 7, bytes(Event(5, True, 800)) + b"\0" * 184))
_CREDENTIALS = (
    f'Digest username="8001", realm="office", nonce="{_SERVER._nonce(99.0)}", uri="sip:x", response="00", '
    'algorithm=MD5, qop=auth, nc=00000001, cnonce="a\\"b"'
)

TARGETS = {
    "message": Target(
        fuzz_message, (_OPTIONS, _INVITE, b"SIP/2.0 180 Ringing\r\n" + _OPTIONS.split(b"\r\n", 1)[1])
    ),
    "sdp": Target(fuzz_sdp, (_SDP, _SDP + _VIDEO, _SDP.replace(b"IP4 192.0.2.1", b"IP6 2001:db8::1"))),
    "digest": Target(fuzz_digest, (_CREDENTIALS.encode(), b"Digest realm=office", b"Basic YTpi")),
    "rtp": Target(fuzz_rtp, (_RTP, b"\x90" + _RTP[1:], b"\xb2" + _RTP[1:])),
    "wav": Target(fuzz_wav, (build(g711.PCMA, b"\xd5" * 400), build(g711.PCMU, b"\xff" * 401, 2))),
}
