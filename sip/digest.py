"""Digest authentication both ways (RFC 3261 section 22, RFC 7616, RFC 8760): MD5 and SHA-256, qop=auth."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sip.errors import PeerError
from sip.message import Request, Response

_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}
NONCE_SECONDS: Final = 300.0
"""How long a nonce is good for; an older one is `stale`, not wrong."""
_NONCES_KEPT: Final = 20_000
_BARE: Final = ("qop", "nc", "algorithm", "stale")
"""Parameters that stand without quotation marks in credentials (RFC 7616 section 3.4)."""
_PARAMETER: Final = re.compile(r'\s*([^\s=,"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*)\s*(?:,|$)')
_ESCAPE: Final = re.compile(r"\\(.)")


def parameters_of(header: str) -> dict[str, str]:
    """The parameters of a Digest challenge or of credentials, names in lower case.

    Raises ValueError for another scheme or what cannot be read.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        raise ValueError(f"scheme {scheme[:20]!r}")
    found: dict[str, str] = {}
    at = 0
    while at < len(rest):
        match = _PARAMETER.match(rest, at)
        if match is None:
            raise ValueError(f"not a parameter: {rest[at : at + 20]!r}")
        name, value = match.groups()
        found[name.lower()] = _ESCAPE.sub(r"\1", value[1:-1]) if value.startswith('"') else value
        at = match.end()
    return found


def header_of(parameters: dict[str, str]) -> str:
    """A Digest header's value."""
    pairs = (
        f"{name}={value}" if name in _BARE else f'{name}="{_escaped(value)}"'
        for name, value in parameters.items()
    )
    return "Digest " + ", ".join(pairs)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _hash(algorithm: str, text: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def response_of(
    algorithm: str,
    *,
    username: str,
    realm: str,
    password: str,
    method: str,
    uri: str,
    nonce: str,
    qop: str | None = None,
    nc: str = "",
    cnonce: str = "",
) -> str:
    """The `response` value (RFC 7616 section 3.4.1)."""
    a1 = _hash(algorithm, f"{username}:{realm}:{password}")
    a2 = _hash(algorithm, f"{method}:{uri}")
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return _hash(algorithm, f"{a1}:{middle}:{a2}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A username and its password. The password never shows in a repr."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DigestClient:
    """Answers challenges for one account.

    A challenge to a request that had credentials already means that they are wrong, unless it says `stale`
    and brings another nonce; to go on would be a loop.
    """

    credentials: Credentials

    def answer(self, request: Request, challenge: Response) -> bool:
        """Puts the credentials that a 401 or 407 asks for into `request`, a copy of the one it refused.

        Returns False where the answer would only be refused again. Raises PeerError for a challenge of a
        kind that we do not know.
        """
        theirs, ours = _HEADERS[challenge.code]
        asked = _choose(challenge, theirs)
        if (sent := request.headers.get(ours)) is not None:
            stale = asked.get("stale", "").lower() == "true"
            if not stale or parameters_of(sent).get("nonce") == asked["nonce"]:
                return False
        request.headers.set(ours, header_of(self._credentials(request, asked)))
        return True

    def _credentials(self, request: Request, asked: dict[str, str]) -> dict[str, str]:
        algorithm = asked.get("algorithm", "MD5")
        values = {
            "username": self.credentials.username,
            "realm": asked.get("realm", ""),
            "nonce": asked["nonce"],
            "uri": str(request.uri),
        }
        # Without qop the answer is RFC 2617's, for servers of before 1999 (RFC 7616 section 3.4.1 wants qop).
        counted = {"qop": "auth", "nc": "00000001", "cnonce": secrets.token_hex(8)} if "qop" in asked else {}
        response = response_of(
            algorithm.upper(),
            password=self.credentials.password,
            method=request.method,
            **values,
            **counted,
        )
        answer = {**values, "response": response, "algorithm": algorithm, **counted}
        if "opaque" in asked:
            answer["opaque"] = asked["opaque"]
        return answer


_HEADERS: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}


def _choose(challenge: Response, header: str) -> dict[str, str]:
    # Several challenges stand in the server's order of preference; the first we know is taken (RFC 8760).
    for value in challenge.headers.getlist(header):
        try:
            asked = parameters_of(value)
        except ValueError:
            continue
        offered = [q.strip().lower() for q in asked.get("qop", "auth").split(",")]
        if asked.get("algorithm", "MD5").upper() in _HASHES and "auth" in offered and "nonce" in asked:
            return asked
    raise PeerError(f"no challenge of a kind we know in the {challenge.code}")


class Check(Enum):
    """What a server makes of a request's credentials."""

    GOOD = "good"
    MISSING = "missing"
    STALE = "stale"
    WRONG = "wrong"


class DigestServer:
    """Challenges requests and checks the answers.

    Nonces are signed time-stamps, so challenging keeps no state; nonce counts are remembered for nonces in
    use, within a bound, so that an answer cannot be replayed.
    """

    def __init__(
        self, realm: str, algorithms: tuple[str, ...] = ("MD5",), secret: bytes | None = None
    ) -> None:
        unknown = [name for name in algorithms if name not in _HASHES]
        if unknown or not algorithms:
            raise ValueError(f"digest algorithms {unknown or 'missing'}: known are {', '.join(_HASHES)}")
        self.realm = realm
        self.algorithms = algorithms
        self._secret = secret or secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()

    def challenges(self, now: float, *, stale: bool = False, one: bool = False) -> list[str]:
        """WWW-Authenticate values, the preferred algorithm first; `one`: for that one alone."""
        nonce = self._nonce(now)
        extra = ", stale=true" if stale else ""
        return [
            f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={name}, qop="auth"{extra}'
            for name in self.algorithms[: 1 if one else None]
        ]

    def username(self, request: Request) -> str | None:
        """Who the request says it is from, unchecked."""
        given = self._parse(request)
        return given.get("username") if given else None

    def check(self, request: Request, password: str | None, now: float) -> Check:
        """Checks credentials against `password` (None: no such user, which takes as long)."""
        given = self._parse(request)
        if given is None:
            return Check.MISSING
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in self.algorithms:
            return Check.MISSING
        nonce = given.get("nonce", "")
        age = self._age(nonce, now)
        if "response" not in given:
            return Check.MISSING
        expected = response_of(
            algorithm,
            username=given.get("username", ""),
            realm=self.realm,
            password=password if password is not None else secrets.token_hex(8),
            method=request.method,
            uri=given.get("uri", ""),
            nonce=nonce,
            qop=given.get("qop"),
            nc=given.get("nc", ""),
            cnonce=given.get("cnonce", ""),
        )
        right = hmac.compare_digest(expected.encode(), given.get("response", "").lower().encode())
        if not right or password is None:
            return Check.WRONG
        # A nonce that is not ours may be from before a restart: the password is good, the answer is not, for
        # what was counted then is forgotten and it might be replayed.
        return Check.STALE if age is None or age > NONCE_SECONDS else self._count(nonce, given, now)

    def _count(self, nonce: str, given: dict[str, str], now: float) -> Check:
        if not given.get("qop"):
            return Check.GOOD  # RFC 2617 without qop has no count to check
        try:
            count = int(given.get("nc", ""), 16)
        except ValueError:
            return Check.WRONG
        if count <= self._counts.get(nonce, 0):
            return Check.STALE  # a replay, or a phone that does not count: it gets a fresh nonce
        self._counts[nonce] = count
        self._counts.move_to_end(nonce)
        while len(self._counts) > _NONCES_KEPT or _made(next(iter(self._counts))) < now - NONCE_SECONDS:
            self._counts.popitem(last=False)  # one that is too old is refused for its age
        return Check.GOOD

    def _nonce(self, now: float) -> str:
        body = f"{now:.3f}.{secrets.token_hex(4)}"
        return f"{body}.{self._sign(body)}"

    def _age(self, nonce: str, now: float) -> float | None:
        body, _, signature = nonce.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return None
        return now - _made(nonce)

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), "sha256").hexdigest()[:24]

    def _parse(self, request: Request) -> dict[str, str] | None:
        for value in request.headers.getlist("Authorization"):
            try:
                given = parameters_of(value)
            except ValueError:
                continue
            if given.get("realm") == self.realm:
                return given
        return None


def _made(nonce: str) -> float:
    """When a nonce of ours was made, in monotonic seconds."""
    return float(nonce.rsplit(".", 2)[0])
