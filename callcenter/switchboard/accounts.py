"""Who may call and register: the extensions and trunks of the settings, behind digest authentication."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

from callcenter.domain.masking import masked
from callcenter.settings import Extension, Settings, Trunk
from sip.aio.agent import Admission
from sip.digest import Check, DigestServer
from sip.message import Request, Response
from sip.registrar import Binding, Registrar
from sip.sdes import Srtp
from sip.transactions import Address as HostPort

log = logging.getLogger(__name__)


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
        # MD5 first: telephones that read one challenge only (pyVoIP 1.6.8) know no other.
        self._digest = DigestServer(settings.sip.realm, ("MD5", "SHA-256"))
        self._registrar = Registrar()
        self._accounts: dict[str, Account] = {}
        self._carriers: dict[str, Account] = {}
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

    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        if request.method == "INVITE" and source[0] in self._carriers and not self._has_credentials(request):
            return Admission(identity=f"carrier:{source[0]}")
        username = self._digest.username(request)
        account = self._accounts.get(username) if username else None
        check = self._digest.check(request, account.password if account else None, now)
        if check is Check.GOOD:
            return self._admitted(request, username or "")
        if check is Check.WRONG:
            self.counters["wrong_password"] += 1
            log.warning("authentication failed user=%s source=%s", masked(username or ""), source[0])
        challenges = self._digest.challenges(now, stale=check is Check.STALE)
        return Admission(status=401, challenges=tuple(challenges))

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        response = self._registrar.register(identity, request, source, now)
        count = len(self._registrar.lookup(identity, now))
        log.info("registered user=%s contacts=%d source=%s", identity, count, source[0])
        return response

    def _admitted(self, request: Request, username: str) -> Admission:
        claimed = request.to_address if request.method == "REGISTER" else request.from_address
        if claimed.uri.user != username and self._accounts[username].trunk is None:
            # An extension speaks for itself alone; a trunk's From is the caller's number.
            self.counters["impostor"] += 1
            return Admission(status=403)
        return Admission(identity=username)

    def _has_credentials(self, request: Request) -> bool:
        return request.headers.get("Authorization") is not None
