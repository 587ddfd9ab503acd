"""Session descriptions (RFC 8866) and offer/answer (RFC 3264) for telephone audio."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from sip import sdes
from sip.errors import PeerError
from sip.sdes import Crypto, Keys, Srtp

CONTENT_TYPE: Final = "application/sdp"


class Direction(Enum):
    """Which way media flows, as the one who wrote the description sees it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    def answered(self) -> Direction:
        """The answer to an offer of this direction (RFC 3264 section 6.1)."""
        return {Direction.SENDONLY: Direction.RECVONLY, Direction.RECVONLY: Direction.SENDONLY}.get(
            self, self
        )


@dataclass(frozen=True, slots=True)
class Format:
    """A payload type and what it means: `Format(8, "PCMA", 8000)`."""

    payload_type: int
    name: str
    clock_rate: int = 8000
    parameters: str = ""
    channels: int = 1


PCMU: Final = Format(0, "PCMU")
PCMA: Final = Format(8, "PCMA")
G722: Final = Format(9, "G722")
"""RFC 3551 section 4.5.2: its clock is 8000 by an old mistake, though it is sampled at 16 kHz."""
OPUS: Final = Format(111, "opus", 48000, "useinbandfec=1", 2)
"""RFC 7587 section 7: always /48000/2, whatever is sent."""
TELEPHONE_EVENT: Final = Format(101, "telephone-event", 8000, "0-16")
WIDE_EVENT: Final = Format(102, "telephone-event", 48000, "0-16")
"""Telephone keys beside Opus: they have the voice's clock (RFC 4733 section 2.1)."""
_STATIC: Final = {0: PCMU, 8: PCMA, 9: G722, 18: Format(18, "G729"), 3: Format(3, "GSM")}


@dataclass(frozen=True, slots=True)
class Media:
    """One m-line. `raw_formats` keeps what the line said, for an answer that refuses it."""

    kind: str
    port: int
    protocol: str
    formats: tuple[Format, ...]
    address: str | None = None
    direction: Direction = Direction.SENDRECV
    ptime: int | None = None
    raw_formats: tuple[str, ...] = ()
    rtcp_port: int | None = None
    """Where its RTCP is, if not on the port above (`a=rtcp`, RFC 3605)."""
    crypto: tuple[Crypto, ...] = ()
    """Keys for SRTP, those that we support, in order of preference (RFC 4568)."""
    suppresses_silence: bool = False
    """Its sender may send nothing while nobody speaks (`a=silenceSupp:on`, RFC 3108 section 5.6.3.7)."""

    def find(self, name: str, clock_rate: int | None = None) -> Format | None:
        """The first format of that name, and of that clock rate in Hz where one is given."""
        for form in self.formats:
            if form.name.upper() == name.upper() and clock_rate in (None, form.clock_rate):
                return form
        return None

    @property
    def usable(self) -> bool:
        """Audio over RTP on a port of its own: plain, or encrypted with keys that we have."""
        protocol = self.protocol == "RTP/AVP" or (self.protocol == "RTP/SAVP" and bool(self.crypto))
        return self.kind == "audio" and protocol and self.port != 0

    def suits(self, srtp: Srtp) -> bool:
        """Whether a leg with this setting can take it."""
        if srtp is Srtp.OFF:
            return self.usable and self.protocol == "RTP/AVP"
        return self.usable and (srtp is Srtp.OPTIONAL or bool(self.crypto))


@dataclass(frozen=True, slots=True)
class Description:
    """A session description: what its sender wants to receive, and where."""

    address: str
    media: tuple[Media, ...]
    session_id: int = 1
    version: int = 1
    username: str = "-"
    origin_address: str = field(default="")

    @property
    def audio(self) -> Media | None:
        """The first audio stream that can be used, with its own or the session's address."""
        for media in self.media:
            if media.usable:
                return replace(media, address=media.address or self.address)
        return None

    @classmethod
    def parse(cls, body: bytes) -> Description:
        """Raises PeerError(488) where the description cannot be understood."""
        try:
            # Names and titles are the only text in it, and old phones write those in GBK or Latin-1.
            return _Parser().run(body.decode("utf-8", "replace"))
        except (ValueError, IndexError) as error:
            raise PeerError(f"bad SDP: {error}", status=488) from None

    def __bytes__(self) -> bytes:
        origin = self.origin_address or self.address
        lines = [
            "v=0",
            f"o={self.username} {self.session_id} {self.version} IN {_family(origin)} {origin}",
            "s=-",
            *([f"c=IN {_family(self.address)} {self.address}"] if self.address else []),
            "t=0 0",
        ]
        for media in self.media:
            lines += _media_lines(media)
        return ("\r\n".join(lines) + "\r\n").encode()


def _media_lines(media: Media) -> list[str]:
    numbers = tuple(str(form.payload_type) for form in media.formats)
    if media.port == 0 or not numbers:
        numbers = media.raw_formats or numbers or ("0",)  # RFC 3264 section 6: something must stand there
    lines = [f"m={media.kind} {media.port} {media.protocol} {' '.join(numbers)}"]
    if media.port == 0:
        return lines
    if media.address:
        lines.append(f"c=IN {_family(media.address)} {media.address}")
    for form in media.formats:
        channels = f"/{form.channels}" if form.channels != 1 else ""
        lines.append(f"a=rtpmap:{form.payload_type} {form.name}/{form.clock_rate}{channels}")
        if form.parameters:
            lines.append(f"a=fmtp:{form.payload_type} {form.parameters}")
    lines += [crypto.attribute() for crypto in media.crypto]
    if media.ptime:
        lines.append(f"a=ptime:{media.ptime}")
    lines.append(f"a={media.direction.value}")
    return lines


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


class _Parser:
    def __init__(self) -> None:
        self.address = ""
        self.origin = ("-", 1, 1, "")
        self.direction = Direction.SENDRECV
        self.media: list[Media] = []
        self.maps: dict[int, Format] = {}
        self.fmtp: dict[int, str] = {}

    def run(self, text: str) -> Description:
        lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
        if not lines or lines[0] != "v=0":
            raise ValueError("it does not begin with v=0")
        for line in lines[1:]:
            kind, equals, value = line.partition("=")
            if not equals or len(kind) != 1:
                raise ValueError(f"not a line: {line[:40]!r}")
            self._line(kind, value)
        self._finish_media()
        if not self.address and any(media.usable and not media.address for media in self.media):
            raise ValueError("no connection address")  # RFC 8866 section 5.7
        user, session_id, version, origin = self.origin
        return Description(self.address, tuple(self.media), session_id, version, user, origin)

    def _line(self, kind: str, value: str) -> None:
        if kind == "o":
            user, session_id, version, _, _, address = value.split()
            self.origin = (user, int(session_id), int(version), address)
        elif kind == "c":
            self._connection(value)
        elif kind == "m":
            self._finish_media()
            self._media(value)
        elif kind == "a":
            self._attribute(value)

    def _connection(self, value: str) -> None:
        network, _, address = value.split()
        if network != "IN":
            raise ValueError(f"network {network!r}")
        address = address.partition("/")[0]
        # A name would have to be looked up for every packet; no telephone writes one.
        ipaddress.ip_address(address)
        if self.media:
            self.media[-1] = replace(self.media[-1], address=address)
        else:
            self.address = address

    def _media(self, value: str) -> None:
        kind, port, protocol, *formats = value.split()
        number = int(port.partition("/")[0])
        if not 0 <= number <= 65535:
            raise ValueError(f"port {number}")
        self.maps, self.fmtp = {}, {}
        self.media.append(Media(kind, number, protocol, (), None, self.direction, None, tuple(formats)))

    def _attribute(self, value: str) -> None:
        name, _, rest = value.partition(":")
        if name in Direction._value2member_map_:
            if self.media:
                self.media[-1] = replace(self.media[-1], direction=Direction(name))
            else:
                self.direction = Direction(name)
        elif name == "rtpmap":
            self._rtpmap(rest)
        elif name == "fmtp":
            number, _, parameters = rest.partition(" ")
            if _is_number(number):  # of what is not RTP it need not be one
                self.fmtp[int(number)] = parameters.strip()
        elif name == "ptime" and self.media and _is_number(rest.strip()):
            self.media[-1] = replace(self.media[-1], ptime=int(rest))
        elif name == "rtcp" and self.media and _is_number(rest.split(None, 1)[0]):
            self.media[-1] = replace(self.media[-1], rtcp_port=int(rest.split(None, 1)[0]))
        elif name == "crypto" and self.media and (crypto := Crypto.parse(rest)):
            self.media[-1] = replace(self.media[-1], crypto=(*self.media[-1].crypto, crypto))
        elif name == "silenceSupp" and self.media:
            suppresses = rest.split(None, 1)[:1] == ["on"]
            self.media[-1] = replace(self.media[-1], suppresses_silence=suppresses)

    def _rtpmap(self, value: str) -> None:
        # One that cannot be read makes its format unknown, not the description: RFC 4475's own SDP has
        # `a=rtpmap:31 LPC`, without the clock rate that RFC 8866 section 6.6 wants.
        number, _, encoding = value.partition(" ")
        codec, _, rate = encoding.strip().partition("/")
        rate, _, more = rate.partition("/")
        if _is_number(number) and _is_number(rate) and codec:
            channels = int(more) if _is_number(more) else 1
            self.maps[int(number)] = Format(int(number), codec, int(rate), channels=channels)

    def _finish_media(self) -> None:
        if not self.media:
            return
        formats = []
        for text in self.media[-1].raw_formats:
            if not _is_number(text) or int(text) > 127:
                continue
            form = self.maps.get(int(text)) or _STATIC.get(int(text))
            if form is not None:
                formats.append(replace(form, parameters=self.fmtp.get(int(text), "")))
        self.media[-1] = replace(self.media[-1], formats=tuple(formats))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides settled on: where to send, what to send, and who may."""

    address: str
    port: int
    codec: Format
    telephone_event: Format | None
    sends: bool
    receives: bool
    rtcp_port: int | None = None
    silences: bool = False
    """The other side may send nothing while nobody speaks there."""
    keys: Keys | None = None
    """SRTP with these; None: plain RTP."""
    codec_in: int | None = None
    """The payload type under which they send the codec, if not its own (RFC 3264 section 5.1): we said it."""
    event_in: int | None = None
    """The same of the telephone-event."""


def offer(
    address: str,
    port: int,
    codecs: tuple[Format, ...] = (PCMA, PCMU),
    *,
    session_id: int = 1,
    version: int = 1,
    srtp: Srtp = Srtp.OFF,
    crypto: tuple[Crypto, ...] = (),
    events: tuple[Format, ...] | None = None,
) -> Description:
    """An offer of `codecs` in order of preference, with telephone-event (`events`, or those that go with the
    codecs); `crypto` where SRTP is not off."""
    protocol = "RTP/SAVP" if srtp is Srtp.REQUIRED else "RTP/AVP"
    crypto = () if srtp is Srtp.OFF else crypto
    if events is None:
        wide = any(codec.clock_rate == WIDE_EVENT.clock_rate for codec in codecs)
        # Phones that know no other than telephone-event/8000 send that beside Opus too.
        events = (WIDE_EVENT, TELEPHONE_EVENT) if wide else (TELEPHONE_EVENT,)
    media = Media("audio", port, protocol, (*codecs, *events), ptime=20, crypto=crypto)
    return Description(address, (media,), session_id, version)


def answer(
    theirs: Description,
    address: str,
    port: int,
    codecs: tuple[Format, ...] = (PCMA, PCMU),
    *,
    session_id: int = 1,
    version: int = 1,
    srtp: Srtp = Srtp.OFF,
    crypto: tuple[Crypto, ...] = (),
) -> tuple[Description, Agreement]:
    """The answer to an offer (RFC 3264 section 6), and what it settles, as we see it.

    One audio stream is taken, every other m-line refused with port 0; of `codecs` the one that the offerer
    likes best. Raises PeerError(488) where there is no audio or no codec that we know, or where `srtp`
    requires what is not offered.
    """
    index = _choose(theirs, srtp)
    chosen = theirs.media[index]
    chosen = replace(chosen, address=chosen.address or theirs.address)
    keys = sdes.accept(chosen.crypto, crypto) if srtp is not Srtp.OFF else None
    # The offerer's order is its preference; ours follows it, so that both directions agree.
    codec = next((f for f in chosen.formats if any(_same(f, known) for known in codecs)), None)
    if codec is None:
        raise PeerError("no codec that we know", status=488)
    event = _event(chosen, codec)
    direction = _as_meant(chosen)
    known = next(known for known in codecs if _same(codec, known))
    # Their number (section 6.1), our parameters: those say what we want to receive.
    taken = replace(codec, parameters=known.parameters)
    formats = (taken, event) if event else (taken,)
    lines = (keys.ours,) if keys else ()
    ours = Media("audio", port, chosen.protocol, formats, None, direction.answered(), 20, crypto=lines)
    media = tuple(ours if i == index else replace(m, port=0) for i, m in enumerate(theirs.media))
    agreement = Agreement(
        chosen.address or "",
        chosen.port,
        codec,
        event,
        sends=direction.answered().sends,
        receives=direction.answered().receives,
        rtcp_port=chosen.rtcp_port,
        silences=chosen.suppresses_silence,
        keys=keys,
    )
    return Description(address, media, session_id, version), agreement


def _choose(theirs: Description, srtp: Srtp) -> int:
    """The m-line to take: the first one that suits, one with keys before one without."""
    suited = [i for i, media in enumerate(theirs.media) if media.suits(srtp)]
    if not suited:
        raise PeerError("no audio stream that we can take", status=488)
    return min(suited, key=lambda i: srtp is not Srtp.OFF and not theirs.media[i].crypto)


def _as_meant(media: Media) -> Direction:
    # RFC 2543's hold: an address of zeros receives nothing (RFC 3264 section 8.4).
    if not _is_null(media.address):
        return media.direction
    return Direction.SENDONLY if media.direction.sends else Direction.INACTIVE


def settle(ours: Description, theirs: Description) -> Agreement:
    """What an answer to our offer settles. Raises PeerError(488) where it takes nothing we offered."""
    offered, chosen = ours.audio, theirs.audio
    if offered is None or chosen is None:
        raise PeerError("the answer takes no audio", status=488)
    keys = sdes.settle(offered.crypto, chosen.crypto)
    if offered.protocol != chosen.protocol or (keys is None and offered.protocol == "RTP/SAVP"):
        raise PeerError("the answer does not encrypt as we offered", status=488)
    voices = [f for f in offered.formats if not _same(f, TELEPHONE_EVENT)]
    codec = next((f for f in chosen.formats if any(_same(f, voice) for voice in voices)), None)
    if codec is None:
        raise PeerError("the answer takes no codec that was offered", status=488)
    allowed = _as_meant(chosen).answered()
    event = _event(chosen, codec)
    asked = offered.find(event.name, event.clock_rate) if event else None
    mine = offered.find(codec.name, codec.clock_rate)
    return Agreement(
        chosen.address or "",
        chosen.port,
        codec,
        event if asked else None,
        sends=offered.direction.sends and allowed.sends,
        receives=offered.direction.receives and allowed.receives,
        rtcp_port=chosen.rtcp_port,
        silences=chosen.suppresses_silence,
        keys=keys,
        codec_in=mine.payload_type if mine else None,
        event_in=asked.payload_type if asked else None,
    )


def _event(media: Media, codec: Format) -> Format | None:
    """The telephone-event that goes with a codec: of its clock, or else of 8000."""
    name = TELEPHONE_EVENT.name
    return media.find(name, codec.clock_rate) or media.find(name, TELEPHONE_EVENT.clock_rate)


def _same(one: Format, other: Format) -> bool:
    return one.name.lower() == other.name.lower() and one.clock_rate == other.clock_rate


def _is_null(address: str | None) -> bool:
    return address in ("0.0.0.0", "::")
