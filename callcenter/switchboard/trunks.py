"""The lines to the outside: whether each can be used now, told in words to the admin and kept up to date."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.settings import Trunk as Config
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.carriers import server_uri
from sip.aio.agent import UserAgent
from sip.aio.pinger import Pinger
from sip.aio.trunk import Trunk as Registering
from sip.digest import Credentials
from sip.message import URI, Address
from sip.moment import Moment
from sip.ping import Ping
from sip.registration import Account, Registration, TrunkState

log = logging.getLogger(__name__)


class Standing(StrEnum):
    """How a line is."""

    REGISTERED = "registered"
    REACHABLE = "reachable"  # known by its address, and answers
    TRYING = "trying"  # not known yet
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    ABSENT = "not logged in"  # a gateway that is to log in to us
    STOPPED = "stopped"


UP: Final = (Standing.REGISTERED, Standing.REACHABLE)


@dataclass(frozen=True, slots=True)
class Report:
    """A line's state. `since` is UTC; None: since the start."""

    standing: Standing
    why: str = ""
    since: datetime | None = None

    def __str__(self) -> str:
        """As in `registered`, `refused: wrong password`, `unreachable since 2026-11-22T08:00:00Z: 503 No`."""
        text: str = self.standing.value
        if self.standing is Standing.UNREACHABLE and self.since is not None:
            text += f" since {self.since:%Y-%m-%dT%H:%M:%SZ}"
        return f"{text}: {self.why}" if self.why else text


_STANDINGS: Final = {
    TrunkState.UNREGISTERED: Standing.TRYING,
    TrunkState.TRYING: Standing.TRYING,
    TrunkState.REGISTERED: Standing.REGISTERED,
    TrunkState.REFUSED: Standing.REFUSED,
    TrunkState.UNREACHABLE: Standing.UNREACHABLE,
    TrunkState.STOPPED: Standing.STOPPED,
}


def standing(registration: Registration | None, ping: Ping | None) -> tuple[Standing, str]:
    """What registration and pings say together.

    A registered line that answers no OPTIONS is down, unless it never answered one: some carriers do not.
    """
    silent = ping is not None and ping.reachable is False
    if registration is None:
        if ping is None:
            return Standing.REACHABLE, ""  # nobody asks: it is believed
        if ping.reachable is None:
            return Standing.TRYING, ""
        return (Standing.UNREACHABLE, ping.why) if silent else (Standing.REACHABLE, "")
    found = _STANDINGS[registration.state]
    if found is Standing.REGISTERED and ping is not None and silent and ping.answered:
        return Standing.UNREACHABLE, ping.why
    return found, registration.why


class Trunk:
    """One line. `changed(trunk)` is called when its standing has changed."""

    def __init__(self, config: Config, agent: UserAgent, accounts: Accounts) -> None:
        self.config = config
        self.server = server_uri(config)
        """The carrier's; None for a gateway that logs in to us."""
        self.report = Report(Standing.TRYING)
        self._agent, self._accounts = agent, accounts
        self._registering = _registering(config, agent, self.server, self._look)
        self._pinger: Pinger | None = None
        if self.server is not None and config.ping:
            self._pinger = Pinger(agent, self.server, config.ping, self._look)

    @property
    def id(self) -> str:
        return self.config.id

    @property
    def service_route(self) -> tuple[Address, ...]:
        """The way that the registrar wants our calls to take (RFC 3608)."""
        return self._registering.registration.service_route if self._registering else ()

    def start(self) -> None:
        if self._registering:
            self._registering.start()
        if self._pinger:
            self._pinger.start()
        self._look()

    def stop(self) -> None:
        """Takes our contact away where we are registered."""
        if self._pinger:
            self._pinger.stop()
        if self._registering:
            self._registering.stop()

    def state(self, now: Moment) -> Report:
        """How it is now."""
        if self.server is None:
            here = self._accounts.bindings(self.config.username, now.mono)
            return Report(Standing.REGISTERED if here else Standing.ABSENT)
        return self.report

    def _look(self, _: object = None) -> None:
        """Reads registration and pings anew."""
        registration = self._registering.registration if self._registering else None
        found, why = standing(registration, self._pinger.ping if self._pinger else None)
        if (found, why) == (self.report.standing, self.report.why):
            return
        since = self.report.since if found is self.report.standing else self._agent.now().utc
        self.report = Report(found, why, since)
        level = logging.INFO if found in (*UP, Standing.TRYING, Standing.STOPPED) else logging.WARNING
        log.log(level, "trunk id=%s state=%s", self.id, self.report)


def _registering(config: Config, agent: UserAgent, server: URI | None, changed: object) -> Registering | None:
    if config.mode != "register" or server is None:
        return None
    credentials = Credentials(config.username, config.password.get_secret_value())
    return Registering(agent, Account(server, credentials, config.expires), changed)  # type: ignore[arg-type]


class Trunks:
    """All lines, in the order of the settings."""

    def __init__(self, trunks: Iterable[Trunk] = ()) -> None:
        self._trunks = tuple(trunks)

    def __iter__(self) -> Iterator[Trunk]:
        return iter(self._trunks)

    def start(self) -> None:
        for trunk in self._trunks:
            trunk.start()

    def stop(self) -> None:
        for trunk in self._trunks:
            trunk.stop()

    def outgoing(self, now: Moment) -> list[Trunk]:
        """Those that a call to the outside may take, the best first; one that is down is passed over.

        Where all are down they are tried all the same, in their order: what is known may be old.
        """
        ours = [trunk for trunk in self._trunks if trunk.config.outgoing]
        states = {trunk.id: trunk.state(now).standing for trunk in ours}
        up = [trunk for trunk in ours if states[trunk.id] in UP]
        unknown = [trunk for trunk in ours if states[trunk.id] is Standing.TRYING]
        return up + unknown or ours

    def reports(self, now: Moment) -> dict[str, Report]:
        return {trunk.id: trunk.state(now) for trunk in self._trunks}
