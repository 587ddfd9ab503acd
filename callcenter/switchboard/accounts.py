"""Who may call and register: the extensions and trunks of the settings, behind digest authentication."""

from __future__ import annotations

import contextlib
import logging
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.domain.masking import masked
from callcenter.settings import Extension, GuardSettings, Settings, Trunk, split_server
from sip.aio.agent import Admission
from sip.challenged import Challenged
from sip.digest import Check, DigestServer
from sip.guard import Guard, Limits, Offence, Rule
from sip.message import Address, Request, Response, respond
from sip.registrar import MAX_EXPIRES, Binding, Registrar, SavedBinding
from sip.sdes import Srtp
from sip.transactions import Address as HostPort

log = logging.getLogger(__name__)

KNOWN_SECONDS = 3600.0
"""How long an address that has shown a password is spared the guard's limits."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a password: an extension, or a trunk whose gateway logs in to us."""

    username: str
    password: str
    extension: Extension | None = None
    trunk: Trunk | None = None

    def __repr__(self) -> str:
        return f"<Account {self.username}>"

    @property
    def srtp(self) -> Srtp:
        """Whether this party's media is encrypted."""
        settings = self.extension or self.trunk
        return Srtp(settings.srtp) if settings else Srtp.OFF


class Accounts:
    """The user agent's policy: challenges every INVITE and REGISTER, keeps the registrations.

    A carrier that we register at (`mode = "register"`) sends its calls from the address of its server, which
    is how they are known.
    """

    def __init__(self, settings: Settings) -> None:
        self.counters: Counter[str] = Counter()
        self.on_registered: Callable[[str, list[SavedBinding]], None] | None = None
        """Told of all of a user's bindings whenever they change, so that they can outlive a restart."""
        self.on_phones: list[Callable[[str], None]] = []
        """Told of a user whose telephones have registered, renewed or left."""
        self.guard = Guard(_limits(settings.sip.guard)) if settings.sip.guard.enabled else None
        # MD5 first: telephones that read one challenge only (pyVoIP 1.6.8) know no other.
        self._digest = DigestServer(settings.sip.realm, ("MD5", "SHA-256"))
        self._challenged = Challenged()
        self._registrar = Registrar()
        self._accounts: dict[str, Account] = {}
        self._carriers: dict[str, Account] = {}
        self._places = {trunk.id: _written(trunk) for trunk in settings.trunks if trunk.mode != "account"}
        for extension in settings.extensions:
            secret = extension.password.get_secret_value()
            self._accounts[extension.number] = Account(extension.number, secret, extension=extension)
        for trunk in settings.trunks:
            account = Account(trunk.username, trunk.password.get_secret_value(), trunk=trunk)
            if trunk.mode == "account":
                self._accounts[trunk.username] = account

    def add_carrier(self, host: str, trunk: Trunk) -> None:
        """Calls from `host` (an IP address) come in on `trunk`."""
        self.set_carrier([*self._hosts_of(trunk), host], trunk)

    def set_carrier(self, hosts: list[str], trunk: Trunk) -> None:
        """Calls from these IP addresses, and from no others, come in on `trunk`."""
        for gone in set(self._hosts_of(trunk)) - set(hosts):
            del self._carriers[gone]
        for host in hosts:
            self._carriers.setdefault(host, Account(trunk.username, "", trunk=trunk))
            if self.guard:
                self.guard.trust(host, math.inf)

    def set_places(self, trunk: Trunk, places: list[tuple[str, int]]) -> None:
        """Hosts and ports at which `trunk` takes calls: no extension may register there."""
        self._places[trunk.id] = _written(trunk) | set(places)

    def _hosts_of(self, trunk: Trunk) -> list[str]:
        return [host for host, account in self._carriers.items() if account.trunk is trunk]

    def account(self, identity: str) -> Account | None:
        """The account that a call was admitted as."""
        if identity.startswith("carrier:"):
            return self._carriers.get(identity.removeprefix("carrier:"))
        return self._accounts.get(identity)

    def bindings(self, user: str, now: float) -> list[Binding]:
        """Where a user can be reached, newest registration first."""
        return self._registrar.lookup(user, now)

    def registered(self, now: float) -> list[str]:
        return self._registrar.users(now)

    @property
    def bindings_kept(self) -> int:
        """Registrations in memory, of whatever user."""
        return len(self._registrar)

    def restore(self, saved: SavedBinding, now: float) -> None:
        """Takes back a binding from before a restart. Raises ValueError where it cannot be read."""
        if saved.user not in self._accounts:
            return  # no extension of ours any more
        self._registrar.load(saved, now)
        if self.guard:
            self.guard.trust(saved.source[0], now + saved.seconds)
        self._tell(saved.user)

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        if request.method == "INVITE" and source[0] in self._carriers and not self._has_credentials(request):
            return Admission(identity=f"carrier:{source[0]}")
        username = self._digest.username(request)
        account = self._accounts.get(username) if username else None
        check = self._digest.check(request, account.password if account else None, now)
        self._tell_guard(check, request, source[0], now)
        if check is Check.GOOD:
            self._challenged.answered(_claimed(request))
            return self._admitted(request, username or "")
        if check is Check.WRONG:
            self.counters["wrong_password"] += 1
            log.warning("authentication failed user=%s source=%s", masked(username or ""), source[0])
        one = self._wants_one_algorithm(request, check)
        challenges = self._digest.challenges(now, stale=check is Check.STALE, one=one)
        return Admission(status=401, challenges=tuple(challenges))

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        if self._leads_outside(request):
            log.warning("registration leads to a trunk user=%s source=%s", masked(identity), source[0])
            return respond(request, 403)
        response = self._registrar.register(identity, request, source, now)
        count = len(self._registrar.lookup(identity, now))
        if self.guard and count:
            self.guard.trust(source[0], now + MAX_EXPIRES)
        if self.on_registered:
            self.on_registered(identity, self._registrar.dump(identity, now))
        self._tell(identity)
        log.info("registered user=%s contacts=%d source=%s", identity, count, source[0])
        return response

    def lost(self, connection: int) -> None:
        """A connection has ended, and with it the registrations that need it."""
        for user in self._registrar.lost(connection):
            log.info("registration ended with its connection user=%s", user)
            self._tell(user)

    def phone_seconds(self, user: str, now: float) -> float:
        """For how long a telephone of the user is registered yet, in seconds; 0: none is."""
        return max((binding.expires - now for binding in self.bindings(user, now)), default=0.0)

    def _tell(self, user: str) -> None:
        for told in self.on_phones:
            told(user)

    def _leads_outside(self, request: Request) -> bool:
        """A Contact or Path at a carrier: calls to that extension would go out over our trunk."""
        lines = [*request.headers.getlist("Contact"), *request.headers.getlist("Path")]
        lines = [line for line in lines if line.strip() != "*"]
        with contextlib.suppress(ValueError):  # what cannot be read the registrar refuses
            uris = [address.uri for line in lines for address in Address.parse_many(line)]
            named = {(uri.host.strip("[]").lower(), uri.port or 5060) for uri in uris}
            return any(named & places for places in self._places.values())
        return False

    def _admitted(self, request: Request, username: str) -> Admission:
        if _claimed(request) != username and self._accounts[username].trunk is None:
            # An extension speaks for itself alone; a trunk's From is the caller's number.
            self.counters["impostor"] += 1
            return Admission(status=403)
        return Admission(identity=username)

    def _tell_guard(self, check: Check, request: Request, source: str, now: float) -> None:
        if self.guard is None:
            return
        match check:
            case Check.GOOD:
                self.guard.trust(source, now + KNOWN_SECONDS)
            case Check.WRONG:
                self.guard.offend(source, Offence.PASSWORD, now)
            case Check.MISSING:
                self.guard.offend(source, Offence.NAME, now, _claimed(request))
            case Check.STALE:
                pass  # the password was right, or could not be tried yet

    def _wants_one_algorithm(self, request: Request, check: Check) -> bool:
        name = _claimed(request)
        if check is Check.MISSING:
            return self._challenged.one_alone(name)
        self._challenged.answered(name)
        return self._challenged.needs_one(name)

    def _has_credentials(self, request: Request) -> bool:
        return request.headers.get("Authorization") is not None


def _written(trunk: Trunk) -> set[tuple[str, int]]:
    host, port = split_server(trunk.server or "")
    return {(host.lower(), port or 5060)}


def _claimed(request: Request) -> str:
    """The user that a request says it is from, whatever its credentials say."""
    address = request.to_address if request.method == "REGISTER" else request.from_address
    return address.uri.user or ""


def _limits(settings: GuardSettings) -> Limits:
    rules = {
        Offence.FLOOD: Rule(settings.floods, 60.0),
        Offence.PASSWORD: Rule(settings.passwords, settings.window),
        Offence.NAME: Rule(settings.names, settings.window),
    }
    return Limits(
        rate=settings.rate,
        burst=settings.burst,
        rules=rules,
        ban=settings.ban,
        longest=settings.longest_ban,
        transactions=settings.transactions,
        dialogs=settings.calls,
        allow=settings.allow,
    )
