"""`[sip]` and `[[trunk]]`: sockets, codecs, limits, and the lines to the outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from callcenter.domain.numbers import Form
from callcenter.settings.values import (
    Codecs,
    Digits,
    Dscp,
    HostPort,
    Name,
    Network,
    Part,
    Secret,
    Server,
    Srtp,
)


class GuardSettings(Part):
    """Limits of one source address that has not shown a password. Durations are seconds."""

    enabled: bool = True
    allow: tuple[Network, ...] = ()
    rate: float = Field(default=10.0, gt=0, le=10_000)
    burst: int = Field(default=40, ge=1, le=10_000)
    floods: int = Field(default=50, ge=1, le=10_000)
    passwords: int = Field(default=10, ge=1, le=10_000)
    names: int = Field(default=20, ge=1, le=10_000)
    window: float = Field(default=600.0, gt=0, le=86400)
    ban: float = Field(default=60.0, gt=0, le=86400)
    longest_ban: float = Field(default=86400.0, gt=0, le=31 * 86400)
    transactions: int = Field(default=500, ge=10, le=20_000)
    calls: int = Field(default=500, ge=1, le=20_000)


class SipSettings(Part):
    listen: HostPort = "0.0.0.0:5060"
    advertised: str = Field(default="", description="address in SIP and SDP; empty: the listening one")
    realm: str = "sanxiang"
    rtp_ports: tuple[int, int] = (20000, 29999)
    reliable: Literal["required", "media", "always"] = Field(
        default="required", description="which 18x of ours go to a caller that knows 100rel reliably"
    )
    session_expires: int = Field(default=1800, description="seconds; 0 asks for no session timer")
    min_session_expires: int = Field(default=90, ge=90, le=86400)
    codecs: Annotated[Codecs, Field(min_length=1)] = ("PCMA", "PCMU", "G722", "opus")
    dscp_sip: Dscp = 24
    dscp_rtp: Dscp = 46
    guard: GuardSettings = GuardSettings()
    media_timeout: float = Field(default=20.0, ge=1, le=3600)
    media_lost_prompt: str = Field(default="", description="prompt for who remains; empty: the busy tone")
    hold_music: str = Field(
        default="", description="WAV file (A-law, 8 kHz, mono); empty: the one that ships; `off`: silence"
    )
    tcp_listen: HostPort | Literal["", "off"] = Field(default="", description="empty: the same as `listen`")
    tls_listen: HostPort | Literal[""] = Field(
        default="", description="empty: port 5061 of `listen`'s host, where there is a certificate"
    )
    ws_listen: HostPort | Literal[""] = Field(default="", description="WebSocket; empty: none")
    emergency: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,6}$")], ...] = ("110", "119", "120")
    wss_listen: HostPort | Literal[""] = Field(default="", description="WebSocket over TLS; empty: none")
    tls_certificate: Path | None = Field(default=None, description="PEM file, with the chain")
    tls_key: Path | None = Field(default=None, description="PEM file")
    tls_ca: Path | None = Field(default=None, description="PEM file of authorities; none: the system's")
    tls_verify: bool = Field(default=True, description="whether servers we call must have a good certificate")

    @field_validator("session_expires")
    @classmethod
    def _long_enough(cls, value: int) -> int:
        if value and not 90 <= value <= 86400:
            raise ValueError(
                "write 90 to 86400 seconds (RFC 4028 knows none shorter), or 0 for no session timer"
            )
        return value

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are needed together")
        if (self.tls_listen or self.wss_listen) and self.tls_certificate is None:
            raise ValueError("tls_listen and wss_listen need tls_certificate and tls_key")
        return self


class Trunk(Part):
    """`account`: the gateway logs in to us. `register`: we log in to the carrier at `server`.
    `ip`: the carrier at `server` and we know each other by our addresses."""

    id: Name
    mode: Literal["account", "register", "ip"] = "account"
    username: str = ""
    password: Secret = SecretStr("")
    server: Server | None = None
    transport: Literal["", "udp", "tcp", "tls"] = ""
    expires: int = Field(default=300, ge=60, le=86400)
    number: str = Field(default="", description="desk number for calls that name none")
    ringing_on_183: bool = False
    trust_identity: bool = Field(default=False, description="believe its P-Asserted-Identity")
    codecs: Codecs = Field(default=(), description="empty: those of [sip]")
    srtp: Srtp = "off"
    outgoing: bool = Field(default=True, description="whether calls to the outside may take it")
    numbers: Form = Field(default=Form.NATIONAL, description="how the line wants numbers")
    strip: Digits = Field(default="", description="beginning of a dialled number that is taken off")
    prefix: Digits = Field(default="", description="put before what is left")
    caller_id: str = Field(default="", pattern=r"^(\+?[0-9]{1,20}|extension|)$")
    assert_identity: bool = Field(default=False, description="send P-Asserted-Identity")
    ring_timeout: float = Field(default=60.0, gt=0, le=300)
    ping: float = Field(default=30.0, ge=0, le=3600, description="seconds between OPTIONS; 0: none")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.mode != "account" and self.server is None:
            raise ValueError(f'a trunk of mode {self.mode!r} needs server = "host" or "host:port"')
        if self.mode != "ip" and not (self.username and self.password.get_secret_value()):
            raise ValueError(f"a trunk of mode {self.mode!r} needs username and password")
        return self
