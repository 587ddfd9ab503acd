"""Claims on returning callers (A12) after a start: made anew from the calls on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from callcenter.domain.claims import Claims
from callcenter.settings import Settings
from callcenter.store.engine import session
from callcenter.store.served import marked, served_since
from callcenter.switchboard.flow_watch import Flows

_TIMES: Final = 8
"""Claims' lengths that are looked back: who calls again and again may have been served first long ago."""
_MOST_DAYS: Final = 180


def claim_days(settings: Settings, flows: Flows) -> dict[str, int]:
    """How many days a claim lasts at each desk that knows claims: the longest of its groups."""
    days = {
        desk.id: max((group.returning for group in flows.of(desk.id).groups.values()), default=0)
        for desk in settings.desks
    }
    return {desk: longest for desk, longest in days.items() if longest}


def kept_claims(engine: Engine, days: Mapping[str, int], now: datetime) -> Claims:
    """The claims that hold at `now` (UTC), as the calls of the last weeks made and renewed them; blocks."""
    claims = Claims()
    since = now - timedelta(days=min(_MOST_DAYS, _TIMES * max(days.values(), default=0)))
    with session(engine) as work:
        for said in marked(work):
            if said.agent:
                claims.refuse(said.desk, said.caller, said.agent)
            else:
                claims.mark_sales(said.desk, said.caller)
        if not days:
            return claims
        for each in served_since(work, since):
            if each.desk in days:
                refused = claims.refused(each.desk, each.caller)
                if each.agent not in refused:
                    claims.served(each.desk, each.caller, each.agent, each.at, days[each.desk], refused)
    return claims
