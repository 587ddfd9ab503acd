"""A broker's address: `mqtt://user:password@host:port`, or `mqtts://` for TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from callcenter.events.errors import AddressError

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Raises AddressError, naming the part that is wrong."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressError("the port of mqtt.url is no number from 1 to 65535") from None
        if parts.scheme not in PORTS:
            raise AddressError("mqtt.url must begin with mqtt:// or mqtts://, as in mqtt://127.0.0.1:1883")
        if not parts.hostname:
            raise AddressError("mqtt.url names no host, as in mqtt://127.0.0.1:1883")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise AddressError("mqtt.url ends after the port; a / ? # in a password is written %2F %3F %23")
        if parts.password is not None and not parts.username:
            raise AddressError("mqtt.url has a password but no user name: mqtt://user:password@host")
        if port == 0:
            raise AddressError("the port of mqtt.url is no number from 1 to 65535")
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password is not None else None,
        )

    def __str__(self) -> str:
        """As it may be logged: without the password."""
        user = f"{self.username}@" if self.username else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{user}{host}:{self.port}"
