"""Keys for SRTP in SDP (SDES, RFC 4568): the `a=crypto` attribute as a value. A key shows in no `repr`."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

SUITES: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""What we can do, the better one first (section 6.2)."""
KEY_BYTES: Final = 30
"""Master key (16) and master salt (14) of both suites."""
_HARMLESS: Final = ("WSH=",)
"""Session parameters that ask nothing of us (section 6.3.7)."""


class Srtp(Enum):
    """Whether a leg's media is encrypted."""

    OFF = "off"
    OPTIONAL = "optional"
    """Offered within RTP/AVP, as many telephones do; taken wherever the other side offers it."""
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Crypto:
    """One `a=crypto` attribute: what its sender encrypts with."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: str) -> Crypto | None:
        """Reads what stands after `a=crypto:`; None for a suite or parameters that we do not support.

        Nothing of the value shows in an error: there is none.
        """
        tag, _, rest = value.partition(" ")
        suite, _, rest = rest.strip().partition(" ")
        if not (tag.isascii() and tag.isdigit() and len(tag) <= 9) or suite not in SUITES:
            return None
        inline, *parameters = rest.split()[:20] or [""]
        key = _inline(inline)
        if key is None or not all(parameter.startswith(_HARMLESS) for parameter in parameters):
            return None
        return cls(int(tag), suite, key)

    def attribute(self) -> str:
        """The line of SDP. It holds the key: for the wire only."""
        return f"a=crypto:{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


@dataclass(frozen=True, slots=True)
class Keys:
    """Both directions of one stream, of the same suite."""

    ours: Crypto
    theirs: Crypto


def fresh() -> tuple[Crypto, ...]:
    """New random keys to offer, one for each suite."""
    return tuple(Crypto(n, suite, secrets.token_bytes(KEY_BYTES)) for n, suite in enumerate(SUITES, 1))


def accept(offered: Sequence[Crypto], own: Sequence[Crypto]) -> Keys | None:
    """Takes the first offered attribute; the answer has its tag and a key of `own` (section 5.1.2)."""
    for theirs in offered:
        for ours in own:
            if ours.suite == theirs.suite:
                return Keys(Crypto(theirs.tag, ours.suite, ours.key), theirs)
    return None


def settle(own: Sequence[Crypto], answered: Sequence[Crypto]) -> Keys | None:
    """What an answer to our offer settles (section 5.1.3): it has one attribute, with a tag of ours."""
    for theirs in answered:
        for ours in own:
            if (ours.tag, ours.suite) == (theirs.tag, theirs.suite):
                return Keys(ours, theirs)
    return None


def _inline(text: str) -> bytes | None:
    """The key of `inline:KEY[|lifetime]`; an MKI or several keys are not supported (section 6.1)."""
    method, _, value = text.partition(":")
    encoded, *more = value.split("|")
    if method != "inline" or ";" in value or any(":" in part for part in more):
        return None
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None
