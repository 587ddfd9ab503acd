"""The kinds of values in a configuration: addresses, secrets, names, codecs."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


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

Srtp = Literal["off", "optional", "required"]
Digits = Annotated[str, Field(pattern=r"^\+?[0-9]*$", max_length=20)]
