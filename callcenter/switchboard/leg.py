"""One leg of a call: its SIP session, its media and its recording."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from callcenter.domain.calls import HungUpBy, RecordingFacts, Role
from callcenter.switchboard.keypad import Pressed
from sip.aio.call import Call
from sip.aio.recorder import Track
from sip.aio.rtp import MediaStream
from sip.effects import Ended, Ending
from sip.errors import PeerError
from sip.media.codecs import Numbering, codec_of
from sip.sdes import Srtp, fresh
from sip.sdp import (
    G722,
    OPUS,
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    Agreement,
    Description,
    Format,
    answer,
    offer,
    settle,
)

FORMATS: Final = {"PCMA": PCMA, "PCMU": PCMU, "G722": G722, "opus": OPUS}
G711: Final = ("PCMA", "PCMU")


class Media:
    """A media stream and what was agreed about it. `host` is the address written into our SDP."""

    def __init__(
        self,
        stream: MediaStream,
        host: str,
        srtp: Srtp = Srtp.OFF,
        codecs: Sequence[str] = G711,
    ) -> None:
        self.stream = stream
        self._srtp = srtp
        self._crypto = fresh() if srtp is not Srtp.OFF else ()
        self._codecs = codecs
        self.codec: str | None = None
        """A name of `FORMATS` once agreed; it stays for the life of the leg, and so does its recording's."""
        self.settled = False
        """What was agreed is known to the other side: no other codec can be taken any more."""
        self.wanted: tuple[Format, ...] = ()
        """What the other side offered, in its order; once agreed, the one codec as it wants it."""
        self.silences = False
        """The party may send nothing while nobody speaks there."""
        self._host = host
        self._session_id = secrets.randbits(31)
        self._version = 0
        self._offered: Description | None = None
        self._agreed: tuple[Format, ...] = ()

    def offer(self, other: Media | None = None) -> bytes:
        """Our offer: every codec that is on, those of the leg it will be bridged to first; the agreed one
        alone later on, under its numbers (RFC 3264 section 8.3.2)."""
        formats = [form for form in self._agreed if not _is_event(form)]
        events = tuple(form for form in self._agreed if _is_event(form))
        self._version += 1
        self._offered = offer(
            self._host,
            self.stream.local[1],
            tuple(formats) or self._formats(other),
            session_id=self._session_id,
            version=self._version,
            srtp=self._srtp,
            crypto=self._crypto,
            events=events or None,
        )
        return bytes(self._offered)

    def _formats(self, other: Media | None) -> tuple[Format, ...]:
        theirs = {codec_name(form): form.parameters for form in other.wanted} if other else {}
        first = [other.codec] if other and other.codec else []
        # Its parameters are handed on: what it wants to receive is what this one is to send.
        return tuple(
            replace(FORMATS[name], parameters=theirs.get(name, "") or FORMATS[name].parameters)
            for name in dict.fromkeys((*first, *theirs, *self._codecs))
            if name in self._codecs
        )

    def settle(self, theirs: Description) -> None:
        """Takes the answer to our offer. Raises PeerError where nothing was agreed."""
        assert self._offered is not None
        self.apply(settle(self._offered, theirs))

    def answer(self, theirs: Description, other: Media | None = None) -> tuple[bytes, Agreement]:
        """Our answer to an offer; `apply` the agreement once it is sent. Raises PeerError(488).

        Takes the codec that was agreed; else that of the leg it will be bridged to where it can, else the
        first of ours that they offer.
        """
        if self.settled and self.codec:
            order = [self.codec]
        else:
            first = [name for name in self._codecs if other and name == other.codec]
            order = list(dict.fromkeys((*first, *self._codecs)))
        for name in order[:-1]:
            try:
                return self._answer(theirs, name, other)
            except PeerError:
                continue
        return self._answer(theirs, order[-1], other)

    def _answer(self, theirs: Description, name: str, other: Media | None) -> tuple[bytes, Agreement]:
        wanted = [form for form in other.wanted if codec_name(form) == name] if other else []
        ours, agreement = answer(
            theirs,
            self._host,
            self.stream.local[1],
            (replace(FORMATS[name], parameters=wanted[0].parameters) if wanted else FORMATS[name],),
            session_id=self._session_id,
            version=self._version + 1,
            srtp=self._srtp,
            crypto=self._crypto,
        )
        _check_address(agreement)
        self._version += 1
        return bytes(ours), agreement

    def intend(self, theirs: Description, agreement: Agreement) -> None:
        """The agreement that an answer will tell, if nothing better comes up: for who is rung meanwhile."""
        self.codec = codec_name(agreement.codec)
        self.wanted = tuple(form for form in theirs.audio.formats if codec_name(form)) if theirs.audio else ()

    def apply(self, agreement: Agreement) -> None:
        """Sets the stream to what was agreed. Raises PeerError(488) for an address that is a name."""
        _check_address(agreement)
        form, event = agreement.codec, agreement.telephone_event
        self.codec, self.settled = codec_name(form), True
        self.wanted = (form,)
        codec_in = form.payload_type if agreement.codec_in is None else agreement.codec_in
        event_in = event.payload_type if event and agreement.event_in is None else agreement.event_in
        ours = FORMATS[self.codec]
        self._agreed = (replace(ours, payload_type=codec_in), *_numbered(event, event_in))
        self.stream.secure(agreement.keys)
        self.stream.set_remote(
            (agreement.address, agreement.port),
            codec_of(self.codec, form.payload_type),
            event.payload_type if event else None,
            agreement.rtcp_port,
            Numbering(
                codec_in,
                -1 if event_in is None else event_in,
                event.clock_rate if event else TELEPHONE_EVENT.clock_rate,
            ),
        )
        self.stream.sending = agreement.sends
        # A party that holds us may leave its microphone open; nobody is to hear its room.
        self.stream.receiving = agreement.receives and agreement.sends
        self.silences = agreement.silences


def codec_name(form: Format) -> str:
    """The name that we have for a codec; empty for one that we do not know."""
    for name, known in FORMATS.items():
        if form.name.lower() == name.lower() and form.clock_rate == known.clock_rate:
            return name
    return ""


def _is_event(form: Format) -> bool:
    return form.name.lower() == TELEPHONE_EVENT.name


def _numbered(event: Format | None, number: int | None) -> tuple[Format, ...]:
    return () if event is None or number is None else (replace(event, payload_type=number),)


def _check_address(agreement: Agreement) -> None:
    # A name is legal in a c-line, but the media path resolves none, and no telephone writes one.
    try:
        ipaddress.ip_address(agreement.address)
    except ValueError:
        raise PeerError(f"media address {agreement.address!r} is no IP address", status=488) from None


@dataclass(slots=True, eq=False)
class Leg:
    """`party` is a number or an extension; `id` is the leg's in the database."""

    id: str
    role: Role
    party: str
    call: Call
    media: Media
    track: Track | None = None
    recording: RecordingFacts | None = None
    recordings: int = 0
    """How many there were of it; a message is one of its own."""
    outside: bool = False
    """It is over a trunk: whoever is there may not send our phones about."""
    on_hold: bool = False
    held_here: bool = False
    """On hold by a command of ours: its telephone does not know."""
    leaving: bool = False
    """It was transferred away, or transferred the other: not in the conversation any more."""
    vanished: bool = False
    """Given up because its RTP stopped without a word."""
    pressed: Pressed = field(default_factory=Pressed)
    """Keys that its party pressed while nobody talked with them."""

    @property
    def stream(self) -> MediaStream:
        return self.media.stream

    @property
    def codec(self) -> str:
        """The agreed codec's name, empty before there is one."""
        return self.media.codec or ""

    def ended_by(self, ended: Ended) -> HungUpBy:
        """Who ended the leg, in the words of the record."""
        if self.vanished:
            return HungUpBy.NETWORK
        match ended.by:
            case Ending.THEM:
                return HungUpBy.CALLER if self.role is Role.CALLER else HungUpBy.AGENT
            case Ending.US:
                return HungUpBy.SYSTEM
            case Ending.SILENCE:
                return HungUpBy.NETWORK
