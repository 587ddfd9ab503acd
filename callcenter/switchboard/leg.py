"""One leg of a call: its SIP session, its media and its recording."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from typing import Final

from callcenter.domain.calls import HungUpBy, RecordingFacts, Role
from sip.aio.call import Call
from sip.aio.recorder import Track
from sip.aio.rtp import MediaStream
from sip.effects import Ended, Ending
from sip.errors import PeerError
from sip.media import g711
from sip.sdes import Srtp, fresh
from sip.sdp import PCMA, PCMU, Agreement, Description, Format, answer, offer, settle

CODECS: Final = {"PCMA": g711.PCMA, "PCMU": g711.PCMU}
FORMATS: Final = {"PCMA": PCMA, "PCMU": PCMU}


class Media:
    """A media stream and what was agreed about it. `host` is the address written into our SDP."""

    def __init__(self, stream: MediaStream, host: str, srtp: Srtp = Srtp.OFF) -> None:
        self.stream = stream
        self._srtp = srtp
        self._crypto = fresh() if srtp is not Srtp.OFF else ()
        self.codec: str | None = None
        """"PCMA" or "PCMU" once agreed; it stays for the life of the leg, and so does its recording's."""
        self.silences = False
        """The party may send nothing while nobody speaks there."""
        self._host = host
        self._session_id = secrets.randbits(31)
        self._version = 0
        self._offered: Description | None = None

    def offer(self, first: str | None = None) -> bytes:
        """Our offer: both codecs, `first` before the other; the agreed one alone later on."""
        order = sorted(FORMATS, key=lambda name: name != first)
        codecs = (FORMATS[self.codec],) if self.codec else tuple(FORMATS[name] for name in order)
        self._version += 1
        self._offered = offer(
            self._host,
            self.stream.local[1],
            codecs,
            session_id=self._session_id,
            version=self._version,
            srtp=self._srtp,
            crypto=self._crypto,
        )
        return bytes(self._offered)

    def settle(self, theirs: Description) -> None:
        """Takes the answer to our offer. Raises PeerError where nothing was agreed."""
        assert self._offered is not None
        self.apply(settle(self._offered, theirs))

    def answer(self, theirs: Description) -> tuple[bytes, Agreement]:
        """Our answer to an offer; `apply` the agreement once it is sent. Raises PeerError(488)."""
        codecs: tuple[Format, ...] = (FORMATS[self.codec],) if self.codec else (PCMA, PCMU)
        self._version += 1
        ours, agreement = answer(
            theirs,
            self._host,
            self.stream.local[1],
            codecs,
            session_id=self._session_id,
            version=self._version,
            srtp=self._srtp,
            crypto=self._crypto,
        )
        _check_address(agreement)
        return bytes(ours), agreement

    def apply(self, agreement: Agreement) -> None:
        """Sets the stream to what was agreed. Raises PeerError(488) for an address that is a name."""
        _check_address(agreement)
        self.codec = agreement.codec.name.upper()
        event = agreement.telephone_event
        self.stream.secure(agreement.keys)
        self.stream.set_remote(
            (agreement.address, agreement.port),
            CODECS[self.codec],
            event.payload_type if event else None,
            agreement.rtcp_port,
        )
        self.stream.sending = agreement.sends
        # A party that holds us may leave its microphone open; nobody is to hear its room.
        self.stream.receiving = agreement.receives and agreement.sends
        self.silences = agreement.silences


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
    outside: bool = False
    """It is over a trunk: whoever is there may not send our phones about."""
    on_hold: bool = False
    leaving: bool = False
    """It was transferred away, or transferred the other: not in the conversation any more."""
    vanished: bool = False
    """Given up because its RTP stopped without a word."""

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
