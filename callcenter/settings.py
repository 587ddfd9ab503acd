"""`callcenter.toml` and the environment, as one validated value.

Environment variables override the file: `CALLCENTER_SITE`, `CALLCENTER_SIP__LISTEN`.
A password, or an address that holds one, may be written `env:NAME` (taken from the environment) or
`file:/path` (a mounted secret).
"""

from __future__ import annotations

import itertools
import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from callcenter.domain.numbers import Form, Numbers


class ConfigError(Exception):
    """The configuration is wrong; the message names the file, the key and what to do."""


def _resolve(text: str) -> str:
    """`env:NAME` as that variable's value, `file:/path` as that file's text; anything else as it is."""
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]
    if text.startswith("file:"):
        path = Path(text.removeprefix("file:"))
        try:
            return path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ValueError(f"cannot read the secret file {path}: {why}") from None
    return text


def _resolve_secret(value: SecretStr) -> SecretStr:
    return SecretStr(_resolve(value.get_secret_value()))


def _host_port(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} is not HOST:PORT, for example 127.0.0.1:5060")
    return value


def _server(value: str) -> str:
    if ":" in value and not value.endswith("]"):
        return _host_port(value)
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", value):
        raise ValueError(f"{value!r} is neither a host name nor HOST:PORT, for example sip.example.com")
    return value


Secret = Annotated[SecretStr, AfterValidator(_resolve_secret)]
Url = Annotated[str, AfterValidator(_resolve)]
HostPort = Annotated[str, AfterValidator(_host_port)]
Server = Annotated[str, AfterValidator(_server)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


def split_host_port(value: str) -> tuple[str, int]:
    """`"127.0.0.1:5060"` as `("127.0.0.1", 5060)`; brackets of an IPv6 address are taken off."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def split_server(value: str) -> tuple[str, int | None]:
    """`"sip.example.com"` as `("sip.example.com", None)`, `"sip.example.com:5070"` with its port."""
    if ":" in value and not value.endswith("]"):
        return split_host_port(value)
    return value.strip("[]"), None


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _network(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is no address or network, for example 192.168.1.0/24") from None
    return value


Network = Annotated[str, AfterValidator(_network)]
Dscp = Annotated[int, Field(ge=0, le=63)]


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        raise ValueError("a codec is named twice")
    return value


CodecName = Literal["PCMA", "PCMU", "G722", "opus"]
Codecs = Annotated[tuple[CodecName, ...], AfterValidator(_distinct)]


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


class HttpSettings(Part):
    listen: HostPort = "127.0.0.1:8080"


class MqttSettings(Part):
    url: Url = Field(
        default="", repr=False, description="mqtt://host:port of a broker; empty: the embedded one"
    )
    embedded: HostPort = Field(default="127.0.0.1:1883", description="port 0 takes a free one")


class DatabaseSettings(Part):
    url: Url = Field(
        default="", repr=False, description="postgresql+psycopg://…; empty: SQLite in the data folder"
    )


class ScribeSettings(Part):
    workers: int = Field(default=1, ge=1, le=64)
    model: str = Field(default="", description="folder of a Vosk model; empty: the installed one")


_IN_THE_FLOW = "stands in the file that `flow` names, in [group.…]: take it out here"


class Desk(Part):
    id: Name
    number: str
    name: str
    standard: str = "vanke"
    flow: Path | None = Field(default=None, description="TOML file of its flow; none: it rings `agents`")
    agents: tuple[str, ...] = Field(default=(), validate_default=True)
    ring: Literal["in_order", "together"] = "in_order"
    ring_timeout: float = Field(default=20.0, gt=0, le=300)
    max_rings: int | None = Field(default=None, ge=1, le=20)

    @field_validator("agents")
    @classmethod
    def _somebody_answers(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("flow") is None and not value:
            raise ValueError('name the extensions that answer, or a file: flow = "flows/front.toml"')
        if info.data.get("flow") is not None and value:
            raise ValueError(_IN_THE_FLOW)
        return value

    @field_validator("ring", "ring_timeout")
    @classmethod
    def _not_twice(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("flow") is not None:
            raise ValueError(_IN_THE_FLOW)
        return value


Srtp = Literal["off", "optional", "required"]


Digits = Annotated[str, Field(pattern=r"^\+?[0-9]*$", max_length=20)]


class Extension(Part):
    number: str
    name: str = ""
    password: Secret
    role: Literal["agent", "supervisor", "admin", "qa"] = "agent"
    srtp: Srtp = "off"
    outside: bool | tuple[Annotated[Digits, Field(min_length=1)], ...] = Field(
        default=False, description="whether it may call numbers outside; or what these must begin with"
    )
    mailbox: bool = Field(default=False, description="who does not reach it may leave a message")
    transfers_outside: bool = Field(default=False, description="whether it may send callers there, too")


class NumberSettings(Part):
    """How this site's telephone numbers are written and dialled."""

    area: str = Field(default="", pattern=r"^(0[1-9][0-9]{1,2})?$", description="own area code, as 0755")
    outside: str = Field(default="", pattern=r"^[0-9]{0,2}$", description="what is dialled for a line")


class ParkSettings(Part):
    """Parked calls. `patience` is in seconds."""

    slots: tuple[Annotated[str, Field(pattern=r"^[0-9]{2,6}$")], ...] = tuple(str(n) for n in range(701, 710))
    patience: float = Field(default=120.0, ge=5, le=3600)


Star = Annotated[str, Field(pattern=r"^(\*[0-9*]{1,4})?$")]


class StarCodes(Part):
    """What extensions dial to set something of their own; empty: there is no such code."""

    sign_on: Star = "*51"
    sign_off: Star = "*52"
    ready: Star = "*53"
    away: Star = Field(default="*54", description="a break; a digit behind it says why")
    dnd_on: Star = "*78"
    dnd_off: Star = "*79"
    forward: Star = Field(default="*72", description="all calls, to the number behind it")
    forward_busy: Star = "*90"
    forward_no_answer: Star = "*92"
    forward_off: Star = "*73"
    pick_up: Star = Field(default="*8", description="a colleague's call; of the extension behind it")

    @model_validator(mode="after")
    def _none_begins_another(self) -> Self:
        codes = sorted(code for code in self.model_dump().values() if code)
        for one, other in itertools.pairwise(codes):
            if other.startswith(one):
                raise ValueError(f"the code {other} begins like {one}: nobody could tell them apart")
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


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    site: Name = "main"
    node: Name = Field(default="node-1", description="this switchboard's name; another for each machine")
    timezone: str = "Asia/Shanghai"
    data: Path = Path("data")
    sip: SipSettings = SipSettings()
    http: HttpSettings = HttpSettings()
    mqtt: MqttSettings = MqttSettings()
    database: DatabaseSettings = DatabaseSettings()
    scribe: ScribeSettings = ScribeSettings()
    park: ParkSettings = ParkSettings()
    numbers: NumberSettings = NumberSettings()
    star_codes: StarCodes = StarCodes()
    desks: tuple[Desk, ...] = Field(default=(), alias="desk")
    extensions: tuple[Extension, ...] = Field(default=(), alias="extension")
    trunks: tuple[Trunk, ...] = Field(default=(), alias="trunk")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings  # the environment overrides the file

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        extensions = {extension.number for extension in self.extensions}
        seen: set[str] = set()
        for slot in self.park.slots:  # whoever dials it would get a parked caller instead of help
            if slot in self.sip.emergency:
                raise ValueError(f"the slot {slot} is an emergency number ([park] slots, [sip] emergency)")
        for number in [d.number for d in self.desks] + [e.number for e in self.extensions]:
            if number in seen:
                raise ValueError(f"the number {number} is given to two desks or extensions")
            if number in self.sip.emergency:
                raise ValueError(f"the number {number} is an emergency number ([sip] emergency)")
            if number in self.park.slots:
                raise ValueError(f"the number {number} is a slot for parked calls ([park] slots)")
            seen.add(number)
        for desk in self.desks:
            for agent in desk.agents:
                if agent not in extensions:
                    raise ValueError(f"desk {desk.id!r} names agent {agent!r}, which is no [[extension]]")
        return self

    @property
    def prompts(self) -> Path:
        """The site's own prompts, a folder for each language."""
        return self.data / "prompts"

    @property
    def numbering(self) -> Numbers:
        """In which form numbers are kept, and as lines want them."""
        return Numbers(self.numbers.area, self.numbers.outside, frozenset(self.sip.emergency))

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data.resolve() / 'callcenter.db'}"

    def with_overrides(self, parts: dict[str, Any]) -> Settings:
        """These settings with some parts replaced, as the command line does. Raises ConfigError."""
        try:
            kinds = {name: type(getattr(self, name)) for name in parts}
            checked = {name: TypeAdapter[Any](kinds[name]).validate_python(parts[name]) for name in parts}
        except ValidationError as error:
            raise ConfigError(_explain("command line", error)) from None
        return self.model_copy(update=checked)

    def desk(self, id: str) -> Desk | None:
        return next((desk for desk in self.desks if desk.id == id), None)


def load_settings(path: Path | None) -> Settings:
    """Settings from a TOML file and the environment, which wins.

    Raises ConfigError, naming the file and the key, where a line is wrong.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        values = _beside(path, values)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(str(path) if path else "settings", error)) from None


def _beside(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The same values, with the desks' flow files sought beside the configuration file."""
    desks = values.get("desk")
    if not isinstance(desks, list):
        return values
    found = [
        {**desk, "flow": str(path.parent / desk["flow"])}
        if isinstance(desk, dict) and isinstance(desk.get("flow"), str)
        else desk
        for desk in desks
    ]
    return {**values, "desk": found}


def _explain(where: str, error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in item["loc"])) or "file"
        lines.append(f"{where}: {key}: {item['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
