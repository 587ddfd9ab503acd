"""By what a call is judged: its desk's standard, with what the desk says otherwise, its name, its flow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from callcenter.domain.standards import Standard
from callcenter.flows import Flow, FlowError, flow_of
from callcenter.scribe.call_facts import CHINA
from callcenter.settings import Desk
from callcenter.standards import StandardError, desk_standard, load_standard
from callcenter.store.tables import Call

log = logging.getLogger(__name__)

DEFAULT_STANDARD = "vanke"


class Terms:
    """The desks of a site, asked about calls."""

    def __init__(self, desks: Sequence[Desk], zone: ZoneInfo = CHINA) -> None:
        """`zone` is the site's. Raises StandardError where a desk's standard is wrong."""
        self.zone = zone
        self._desks = {desk.id: desk for desk in desks}
        self._flows: dict[str, tuple[object, Flow]] = {}
        for desk in desks:
            desk_standard(desk)

    def standard(self, call: Call) -> tuple[Standard, tuple[str, ...]]:
        """The standard the call is judged by, and the desk's own name."""
        desk = self._desks.get(call.desk or "")
        names = (desk.name,) if desk and desk.name else ()
        wanted = call.standard or DEFAULT_STANDARD
        try:
            if desk and desk.standard == wanted:  # with what the desk says otherwise
                return desk_standard(desk), names
            return load_standard(wanted), names
        except StandardError as error:  # the call names one that has been taken away since
            log.error("standard unknown call=%s used=%s error=%s", call.id, DEFAULT_STANDARD, error)
            return load_standard(DEFAULT_STANDARD), names

    def flow(self, call: Call) -> Flow | None:
        """The flow of the call's desk, or the first whose agent is in it, for what it allows."""
        for desk in self._desks.values():
            if call.desk in (desk.id, None):
                try:
                    flow = self._flow_of(desk)
                except FlowError as error:  # as it is being edited: the standard's limits hold
                    log.warning("flow unusable call=%s reason=%s", call.id, str(error).replace("\n", "; "))
                    continue
                if call.desk or flow.agents & {call.caller, call.callee}:
                    return flow
        return None

    def _flow_of(self, desk: Desk) -> Flow:
        """Read anew when its file has changed. Raises FlowError."""
        state = _state_of(desk.flow)
        if self._flows.get(desk.id, (None,))[0] != state:
            self._flows[desk.id] = state, flow_of(desk)
        return self._flows[desk.id][1]


def _state_of(path: Path | None) -> object:
    try:
        found = path.stat() if path else None
    except OSError as error:
        return error.errno
    return "no file" if found is None else (found.st_mtime_ns, found.st_size)
