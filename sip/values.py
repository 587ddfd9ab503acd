"""URIs, addresses and Vias, read and written as the other side wrote them.

These are sipmessage's value types with readers of our own. Those of sipmessage 0.7 take time that grows with
the square of a hostile header (exponentially for credentials), stop at the wrong quotation mark, refuse hosts
such as `pbx1`, and decode and encode `%` in tags and branches, where RFC 3261 section 25.1 knows no
escapes: a peer would not find its own tag again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import quote, unquote

import sipmessage
from sipmessage.grammar import C_PASSWORD_SAFE, C_USER_SAFE

T = TypeVar("T")

__all__ = ["URI", "Address", "Parameters", "Via"]

_HOST = r"\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+"
_SIP_URI: Final = re.compile(
    rf'(sips?):(?:([^@:\s<>"]+)(?::([^@\s<>"]*))?@)?({_HOST})(?::(\d{{1,5}}))?((?:;[^;?\s<>"]+)*)(?:\?([^\s<>"]*))?',
    re.IGNORECASE | re.ASCII,
)
_OTHER_URI: Final = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*):([^\s<>"]+)')
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME_ADDR: Final = re.compile(rf'(?:({_QUOTED}) ?|([^<>",;]*))<([^<>]*)> ?')
_ADDR_SPEC: Final = re.compile(r'([^\s;,<>"]+) ?')
_VIA: Final = re.compile(
    rf"SIP ?/ ?2\.0 ?/ ?([!%'*+\-.\w`~]+) ({_HOST})(?: ?: ?(\d{{1,5}}))? ?", re.IGNORECASE | re.ASCII
)
_PARAMETER: Final = re.compile(rf'; ?([^\s;=,"<>]+)(?: ?= ?({_QUOTED}|[^\s;,"<>]+))? ?')
_ESCAPE: Final = re.compile(r"\\(.)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_REMEMBERED: Final = 256
"""Characters of a header value that is worth remembering; longer ones are nobody's usual phone."""
_BARE: Final = re.compile(r'[^\s;,"<>\\]+')


class Parameters(sipmessage.Parameters):
    """Parameters in the order they were written. Names are found whatever their case (section 7.3.1)."""

    def __init__(self, /, **values: str | None) -> None:
        self._values = dict(values)

    @classmethod
    def parse(cls, value: str) -> Parameters:
        """`;name=value;flag`. Raises ValueError."""
        parameters, rest = _read_parameters(value)
        if rest:
            raise ValueError(f"parameters end at {rest[:20]!r}")
        return parameters

    def replace(self, /, **changes: str | None) -> Parameters:
        return Parameters(**{**self._values, **changes})

    def __getitem__(self, key: str) -> str | None:
        if key in self._values:
            return self._values[key]
        for name, value in self._values.items():
            if name.lower() == key.lower():
                return value
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Parameters({self._values!r})"

    def __str__(self) -> str:
        return "".join(f";{name}{_assigned(value)}" for name, value in self._values.items())


@dataclass(frozen=True)
class URI(sipmessage.URI):
    """A SIP, SIPS or other URI. Of one that is neither SIP nor SIPS `user` holds all after the colon."""

    parameters: Parameters = field(default_factory=Parameters)
    headers: str = ""
    """What follows the question mark, as written."""

    @classmethod
    def parse(cls, value: str) -> URI:
        """Raises ValueError."""
        if match := _SIP_URI.fullmatch(value):
            scheme, user, password, host, port, parameters, headers = match.groups()
            return cls(
                scheme.lower(),
                host,
                user=unquote(user) if user else None,
                password=unquote(password) if password else None,
                port=_port(port),
                parameters=_uri_parameters(parameters),
                headers=headers or "",
            )
        if (match := _OTHER_URI.fullmatch(value)) and match[1].lower() not in ("sip", "sips"):
            return cls(match[1].lower(), "", user=match[2])
        raise ValueError(f"not a URI: {value[:40]!r}")

    @property
    def is_sip(self) -> bool:
        return self.scheme in ("sip", "sips")

    def __str__(self) -> str:
        if not self.is_sip:
            return f"{self.scheme}:{self.user}"
        user = quote(self.user, safe=C_USER_SAFE) if self.user is not None else ""
        if user and self.password is not None:
            user += ":" + quote(self.password, safe=C_PASSWORD_SAFE)
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user + '@' if user else ''}{self.host}{port}{self.parameters}{headers}"


@dataclass(frozen=True)
class Address(sipmessage.Address):
    """A name-addr or addr-spec with its header parameters."""

    uri: URI
    parameters: Parameters = field(default_factory=Parameters)

    @classmethod
    def parse(cls, value: str) -> Address:
        """Raises ValueError."""
        only = cls.parse_many(value)
        if len(only) != 1:
            raise ValueError(f"{len(only)} addresses where one is wanted")
        return only[0]

    @classmethod
    def parse_many(cls, value: str) -> list[Address]:  # type: ignore[override]
        """The addresses of one header line, parted by commas. Raises ValueError."""
        return list(_addresses(value) if len(value) <= _REMEMBERED else _read_list(value, cls._read))

    @classmethod
    def _read(cls, text: str) -> tuple[Address, str]:
        if match := _NAME_ADDR.match(text):
            quoted, token, uri = match.groups()
            # Control characters may be quoted (RFC 4475 section 3.1.1.2), but nobody can show or store them.
            name = _CONTROL.sub("", _unescaped(quoted[1:-1]) if quoted else token.strip())
        elif match := _ADDR_SPEC.match(text):
            name, uri = "", match[1]
        else:
            raise ValueError(f"not an address: {text[:40]!r}")
        parameters, rest = _read_parameters(text[match.end() :])
        return cls(URI.parse(uri), name, parameters), rest

    def __str__(self) -> str:
        name = f"{_quoted(self.name)} " if self.name else ""
        return f"{name}<{self.uri}>{self.parameters}"


@dataclass(frozen=True)
class Via(sipmessage.Via):
    """One hop that a request took."""

    parameters: Parameters = field(default_factory=Parameters)

    @classmethod
    def parse(cls, value: str) -> Via:
        """Raises ValueError."""
        only = cls.parse_many(value)
        if len(only) != 1:
            raise ValueError(f"{len(only)} Vias where one is wanted")
        return only[0]

    @classmethod
    def parse_many(cls, value: str) -> list[Via]:  # type: ignore[override]
        """The Vias of one header line, the newest first. Raises ValueError."""
        return list(_vias(value) if len(value) <= _REMEMBERED else _read_list(value, cls._read))

    @classmethod
    def _read(cls, text: str) -> tuple[Via, str]:
        match = _VIA.match(text)
        if match is None:
            raise ValueError(f"not a Via: {text[:40]!r}")
        parameters, rest = _read_parameters(text[match.end() :])
        return cls(match[1], match[2], _port(match[3]), parameters), rest

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{self.parameters}"


# The messages of a call say the same over and over, and each header is asked for several times: what was read
# is remembered. Values do not change.


@lru_cache(maxsize=4096)
def _addresses(value: str) -> tuple[Address, ...]:
    return tuple(_read_list(value, Address._read))


@lru_cache(maxsize=4096)
def _vias(value: str) -> tuple[Via, ...]:
    return tuple(_read_list(value, Via._read))


def _read_list(value: str, read: Callable[[str], tuple[T, str]]) -> list[T]:
    text = " ".join(value.split())
    found = []
    while True:
        item, text = read(text)
        found.append(item)
        if not text:
            return found
        if not text.startswith(","):
            raise ValueError(f"no comma before {text[:20]!r}")
        text = text[1:].lstrip()


def _read_parameters(text: str) -> tuple[Parameters, str]:
    values: dict[str, str | None] = {}
    at = 0
    while match := _PARAMETER.match(text, at):
        name, value = match.groups()
        if value is not None and value.startswith('"'):
            value = _unescaped(value[1:-1])
        values[name] = value
        at = match.end()
    return Parameters(**values), text[at:]


def _uri_parameters(text: str) -> Parameters:
    # A URI's values are kept as written, escapes and all: whoever wrote them compares them so.
    pairs = (part.partition("=") for part in text.split(";")[1:])
    return Parameters(**{name: value if equals else None for name, equals, value in pairs})


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if int(text) > 65535:
        raise ValueError(f"port {text}")
    return int(text)


def _assigned(value: str | None) -> str:
    if value is None:
        return ""
    return f"={value}" if _BARE.fullmatch(value) else f"={_quoted(value)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
