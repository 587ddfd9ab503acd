"""Digest authentication both ways (RFC 3261 section 22, RFC 7616, RFC 8760): MD5 and SHA-256, qop=auth."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sipmessage import AuthChallenge, AuthCredentials, AuthParameters

from sip.errors import PeerError
from sip.message import Request, Response

_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}
NONCE_SECONDS: Final = 300.0
"""How long a nonce is good for; an older one is `stale`, not wrong."""
_NONCES_KEPT: Final = 20_000


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


@dataclass(slots=True)
class DigestClient:
    """Answers challenges for one account. It answers a nonce once: a second challenge that is not stale
    means that the password is wrong, and repeating would be a loop."""

    credentials: Credentials
    _refused: set[str] = field(default_factory=set)

    def answer(self, request: Request, challenge: Response) -> bool:
        """Puts the credentials that a 401 or 407 asks for into `request`.

        Returns False where the answer would only be refused again. Raises PeerError for a challenge of a
        kind that we do not know.
        """
        header = "WWW-Authenticate" if challenge.code == 401 else "Proxy-Authenticate"
        chosen = _choose(challenge, header)
        parameters = chosen.parameters
        stale = parameters.get("stale", "").lower() == "true"
        attempted = request.headers.get(_answer_header(header)) is not None
        if attempted and not stale:
            return False
        request.headers.set(_answer_header(header), str(self._credentials(request, parameters)))
        return True

    def _credentials(self, request: Request, parameters: AuthParameters) -> AuthCredentials:
        algorithm = parameters.get("algorithm", "MD5").upper()
        offered = [q.strip() for q in parameters.get("qop", "").split(",") if q.strip()]
        qop = "auth" if "auth" in offered else None
        if offered and qop is None:
            raise PeerError(f"digest with qop {offered}")
        nonce, realm, uri = parameters.get("nonce", ""), parameters.get("realm", ""), str(request.uri)
        cnonce, nc = secrets.token_hex(8), "00000001"
        values = {"username": self.credentials.username, "realm": realm, "nonce": nonce, "uri": uri}
        values["response"] = response_of(
            algorithm,
            username=self.credentials.username,
            realm=realm,
            password=self.credentials.password,
            method=request.method,
            uri=uri,
            nonce=nonce,
            qop=qop,
            nc=nc,
            cnonce=cnonce,
        )
        values["algorithm"] = parameters.get("algorithm", "MD5")
        if qop:
            values |= {"qop": qop, "nc": nc, "cnonce": cnonce}
        if "opaque" in parameters:
            values["opaque"] = parameters["opaque"]
        return AuthCredentials("Digest", _Quoted(**values))


class _Quoted(AuthParameters):
    """sipmessage leaves `uri` bare and quotes `qop`; RFC 7616 section 3.4 wants it the other way round."""

    def __str__(self) -> str:
        bare = ("qop", "nc", "algorithm")
        return ", ".join(
            f"{key}={value}" if key in bare else f'{key}="{_escaped(value)}"' for key, value in self.items()
        )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _answer_header(header: str) -> str:
    return "Authorization" if header == "WWW-Authenticate" else "Proxy-Authorization"


def _choose(challenge: Response, header: str) -> AuthChallenge:
    # Several challenges stand in the server's order of preference; the first we know is taken (RFC 8760).
    for value in challenge.headers.getlist(header):
        try:
            parsed = AuthChallenge.parse(value)
        except ValueError:
            continue
        algorithm = parsed.parameters.get("algorithm", "MD5").upper()
        if parsed.scheme.lower() == "digest" and algorithm in _HASHES:
            return parsed
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

    def challenges(self, now: float, *, stale: bool = False) -> list[str]:
        """WWW-Authenticate values, the preferred algorithm first."""
        nonce = self._nonce(now)
        extra = ", stale=true" if stale else ""
        return [
            f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={name}, qop="auth"{extra}'
            for name in self.algorithms
        ]

    def username(self, request: Request) -> str | None:
        """Who the request says it is from, unchecked."""
        credentials = self._parse(request)
        return credentials.get("username") if credentials else None

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
        if age is None:
            return Check.MISSING  # not a nonce of ours, or from before a restart
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
        if not hmac.compare_digest(expected, given.get("response", "").lower()) or password is None:
            return Check.WRONG
        return Check.STALE if age > NONCE_SECONDS else self._count(nonce, given)

    def _count(self, nonce: str, given: AuthParameters) -> Check:
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
        while len(self._counts) > _NONCES_KEPT:
            self._counts.popitem(last=False)
        return Check.GOOD

    def _nonce(self, now: float) -> str:
        body = f"{now:.3f}.{secrets.token_hex(4)}"
        return f"{body}.{self._sign(body)}"

    def _age(self, nonce: str, now: float) -> float | None:
        body, _, signature = nonce.rpartition(".")
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        return now - float(body.rpartition(".")[0])

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), "sha256").hexdigest()[:24]

    def _parse(self, request: Request) -> AuthParameters | None:
        for value in request.headers.getlist("Authorization"):
            try:
                credentials = AuthCredentials.parse(value)
            except ValueError:
                continue
            parameters = credentials.parameters
            if (
                credentials.scheme.lower() == "digest"
                and parameters
                and parameters.get("realm") == self.realm
            ):
                return parameters
        return None
