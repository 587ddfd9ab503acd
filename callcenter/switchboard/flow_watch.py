"""The desks' flows and the working calendar while the switchboard runs: files that change are taken.

A file with a mistake is refused and what ran goes on; a call keeps the flow that it began with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from callcenter.domain.workdays import Calendar
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.flows import Flow, FlowError, check_flow, check_site, flow_of, load_calendar
from callcenter.flows.calendar import site_file
from callcenter.settings import Desk, Settings

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the files."""
CALENDAR: Final = "calendar.toml"
"""What the calendar is called among the desks in what is said of them; no desk's id has a dot."""

_Seen = dict[Path, tuple[int, int, int] | None]


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading everything anew came to: flows that are good, and why others are not, by desk."""

    flows: Mapping[str, Flow]
    calendar: Calendar | None
    refused: Mapping[str, FlowError]


class Flows:
    """What each desk does now. Raises FlowError where a desk's flow is wrong from the start."""

    def __init__(self, settings: Settings, prompts: Callable[[], Collection[str]]) -> None:
        self._settings, self._prompts = settings, prompts
        self._seen = self._before = self._look()
        self._flows: Mapping[str, Flow] = {}
        self.calendar = Calendar()
        self.refused: Mapping[str, FlowError] = {}
        """Why a file's newest text was not taken, by desk (or `calendar.toml`)."""
        first = self._read()
        if first.refused:
            raise FlowError.together(first.refused.values())
        self._take(first)

    def of(self, desk: str) -> Flow:
        """A desk's flow as it is now. Whoever begins a call keeps what they got."""
        return self._flows[desk]

    async def watch(self) -> None:
        """Takes files as they change, until cancelled.

        A file is read once it has stayed the same from one look to the next: an editor may write it in parts.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = await asyncio.to_thread(self._look)
            if now == self._before != self._seen:
                await self.reload()
            self._before = now

    async def reload(self) -> None:
        """Reads everything anew and takes what is good."""
        self._seen = await asyncio.to_thread(self._look)
        self._take(await asyncio.to_thread(self._read))

    async def reload_flows(self, args: dict[str, Any]) -> dict[str, Any]:
        """The command `reload_flows`: each desk's digest. Raises CommandError where one is refused."""
        await self.reload()
        if self.refused:
            raise CommandError(ErrorCode.INVALID, "\n".join(map(str, self.refused.values())))
        return {"flows": {desk: flow.digest for desk, flow in self._flows.items()}}

    def details(self) -> dict[str, str]:
        """For the status message: each desk's digest, and why its newest text was refused."""
        running = {desk: flow.digest for desk, flow in self._flows.items()}
        return running | {name: f"refused: {why}" for name, why in self.refused.items()}

    # -- files --------------------------------------------------------------------------------------------

    def _look(self) -> _Seen:
        paths = {desk.flow for desk in self._settings.desks if desk.flow is not None}
        return {path: _stamp(path) for path in (*sorted(paths), site_file(self._settings.data))}

    def _read(self) -> _Read:
        flows: dict[str, Flow] = {}
        refused: dict[str, FlowError] = {}
        for desk in self._settings.desks:
            try:
                flows[desk.id] = self._checked(desk)
            except FlowError as error:
                refused[desk.id] = error
        self._check_together(flows, refused)
        try:
            return _Read(flows, load_calendar(self._settings.data), refused)
        except FlowError as error:
            return _Read(flows, None, refused | {CALENDAR: error})

    def _checked(self, desk: Desk) -> Flow:
        flow = flow_of(desk)
        if problems := check_flow(flow, self._settings, self._prompts()):
            raise FlowError(_name(desk), problems)
        return flow

    def _check_together(self, flows: dict[str, Flow], refused: dict[str, FlowError]) -> None:
        """Desks that lead round in a circle with one another: what is new of them is refused."""
        for desk, problems in check_site({**self._flows, **flows}).items():
            found = self._settings.desk(desk)
            assert found is not None
            why = FlowError(_name(found), problems)
            for changed in [id for id, flow in flows.items() if flow != self._flows.get(id)]:
                del flows[changed]
                refused[changed] = why

    def _take(self, read: _Read) -> None:
        for desk, flow in read.flows.items():
            if flow != self._flows.get(desk):
                log.info("flow taken desk=%s digest=%s", desk, flow.digest)
        for name, why in read.refused.items():
            if str(why) != str(self.refused.get(name)):
                log.error("flow refused desk=%s reason=%s", name, str(why).replace("\n", "; "))
        self._flows = {**self._flows, **read.flows}
        self.calendar = read.calendar or self.calendar
        self.refused = read.refused


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells that a file was written: when, how long, and which file it is. None: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _name(desk: Desk) -> str:
    return str(desk.flow) if desk.flow else f"desk {desk.id}"
