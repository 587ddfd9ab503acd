"""What all calls of one switchboard share."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from callcenter.domain.calls import Outcome
from callcenter.settings import Settings, Trunk
from callcenter.store.ledger import Ledger
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.agents import Agents
from callcenter.switchboard.distribution import Distribution
from callcenter.switchboard.features import Features
from callcenter.switchboard.flow_watch import Flows
from callcenter.switchboard.lot import ParkingLot
from callcenter.switchboard.routing import Directory
from callcenter.switchboard.standstill import Standstill
from callcenter.switchboard.trunks import UP, Trunks
from prompts.catalogue import load_music
from prompts.languages import Catalogues
from prompts.schema import CatalogueError
from sip.aio.agent import UserAgent
from sip.aio.ports import PortPool
from sip.aio.recorder import Recorder
from sip.aio.tasks import Tasks
from sip.media import tones
from sip.media.clip import Clip
from sip.moment import Moment

if TYPE_CHECKING:
    from callcenter.switchboard.kept_places import KeptPlaces
    from callcenter.switchboard.live_call import LiveCall


@dataclass
class Board:
    """The parts that a call needs, and the calls there are."""

    settings: Settings
    accounts: Accounts
    agent: UserAgent
    pool: PortPool
    recorder: Recorder
    ledger: Ledger
    prompts: Catalogues
    calls: dict[str, LiveCall] = field(default_factory=dict)
    ended: Counter[Outcome] = field(default_factory=Counter)
    occupied: Counter[str] = field(default_factory=Counter)
    """Live legs by extension: an agent with one is not rung for another call."""
    directory: Directory = field(init=False)
    """Where a number leads."""
    flows: Flows = field(init=False)
    """What each desk does with its callers."""
    lot: ParkingLot = field(init=False)
    """Where callers are parked."""
    features: Features = field(init=False)
    """Do-not-disturb and forwarding, as the extensions' holders have set them."""
    trunks: Trunks = field(default_factory=Trunks)
    """The lines to the outside."""

    agents: Agents = field(init=False)
    """Everybody with an extension: who is free, and who does what."""
    distribution: Distribution = field(init=False)
    """The line of those who wait, and who is offered which call."""
    standstill: Standstill = field(default_factory=Standstill)
    work: Tasks = field(default_factory=Tasks)
    """What runs besides the calls: a phone that rings for a parked caller, or for a supervisor."""
    kept: KeptPlaces | None = None
    """Calls those back who keep their place in the line; None: nobody keeps one."""

    def __post_init__(self) -> None:
        numbers = [extension.number for extension in self.settings.extensions]
        self.directory = Directory(self.settings)
        self.features = Features(self.ledger)
        self.agents = Agents(
            numbers, self.now, phone=self._phone_seconds, legs=self.occupied, quiet=self.features.quiet
        )
        self.distribution = Distribution(self.agents, self.now)
        self.accounts.on_phones.append(self.agents.phone_changed)
        self.flows = Flows(self.settings, lambda: self.prompts.whole)
        self.lot = ParkingLot(self.settings.park.slots)

    def _phone_seconds(self, number: str) -> float:
        return self.accounts.phone_seconds(number, self.now().mono)

    async def close(self) -> None:
        """Ends what runs besides the calls, and the timers of agents and line."""
        await self.work.stop()
        self.agents.close()
        self.distribution.close()

    @property
    def outside_parties(self) -> set[str]:
        """The numbers outside that are in a call with us or being called."""
        return {leg.party for live in self.calls.values() for leg in live.legs if leg.outside}

    @staticmethod
    def now() -> Moment:
        return Moment(datetime.now(UTC), time.monotonic())

    @cached_property
    def zone(self) -> ZoneInfo:
        """In which the desks' hours are written."""
        return ZoneInfo(self.settings.timezone)

    @property
    def media_host(self) -> str:
        """The address written into SDP."""
        return self.settings.sip.advertised or self.agent.local.host

    def codecs(self, trunk: Trunk | None = None) -> tuple[str, ...]:
        """The codecs that are on for a party, in order of preference."""
        return (trunk.codecs if trunk else ()) or self.settings.sip.codecs

    def prompt(self, prompt_id: str, language: str | None = None, **values: Any) -> Clip:
        """A prompt's audio in a language (None: Chinese), composed where it has variables. Raises
        UnknownPrompt."""
        clip = self.prompts.compose(prompt_id, language=language or "", **values)
        return Clip(clip.pcma, clip.pcmu)

    @cached_property
    def hold_music(self) -> Clip:
        """What a party on hold hears. Raises CatalogueError for a file that cannot be played."""
        wanted = self.settings.sip.hold_music
        if wanted == "off":
            return tones.silence()
        try:
            music = load_music(Path(wanted)) if wanted else load_music()
        except CatalogueError as error:
            raise CatalogueError(f"sip.hold_music: {error}") from None
        return Clip(music.pcma, music.pcmu)

    def metrics(self) -> dict[str, float]:
        """Figures for the status message and Prometheus."""
        stats, now = self.recorder.stats, self.now()
        reports = self.trunks.reports(now)
        return {
            "live_calls": len(self.calls),
            "rtp_ports_in_use": self.pool.in_use,
            "registered": len(self.accounts.registered(now.mono)),
            "wrong_passwords": self.accounts.counters["wrong_password"],
            "sip_transactions": len(self.agent.layer),
            "sip_malformed": self.agent.layer.counters["malformed"],
            **(guard.figures(now.mono) if (guard := self.accounts.guard) else {}),
            "recording_slowest_flush_seconds": stats.longest_flush,
            **{f"calls_{outcome.value}": count for outcome, count in self.ended.items()},
            **{f"trunk_{name}_up": report.standing in UP for name, report in reports.items()},
            "loop_longest_standstill_seconds": self.standstill.longest,
            **self.distribution.metrics(),
            **self.ledger.metrics(),
        }

    def details(self) -> dict[str, dict[str, str]]:
        """What the status message says in words: the state of each trunk, and of each desk's flow."""
        reports = self.trunks.reports(self.now())
        return {
            "trunks": {name: str(report) for name, report in reports.items()},
            "flows": self.flows.details(),
        }
