"""The carriers that we call or register at: where they are, and by which addresses their calls are known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from callcenter.settings import Trunk, split_server
from callcenter.switchboard.accounts import Accounts
from sip.aio.agent import UserAgent
from sip.message import URI, Parameters

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
"""Between two looks at the names of the carriers; within a record's time to live it costs no question."""


def server_uri(trunk: Trunk) -> URI | None:
    """Where a carrier is, or None for a trunk that logs in to us."""
    if trunk.mode == "account" or trunk.server is None:
        return None
    host, port = split_server(trunk.server)
    parameters = Parameters(transport=trunk.transport) if trunk.transport else Parameters()
    return URI("sip", f"[{host}]" if ":" in host else host, port=port, parameters=parameters)


async def know_carriers(agent: UserAgent, accounts: Accounts, trunks: Iterable[Trunk]) -> None:
    """Keeps the carriers' addresses up to date, until cancelled."""
    servers = [(trunk, uri) for trunk in trunks if (uri := server_uri(trunk)) is not None]
    while True:
        for trunk, uri in servers:
            await look(agent, accounts, trunk, uri)
        await asyncio.sleep(LOOK_SECONDS)


async def look(agent: UserAgent, accounts: Accounts, trunk: Trunk, server: URI) -> None:
    """Looks up where a carrier is now. A name that leads nowhere leaves what was known."""
    try:
        targets = await agent.wire.targets(server)
    except OSError as error:
        log.warning("carrier not found trunk=%s error=%s", trunk.id, error)
        return
    accounts.set_carrier(list(dict.fromkeys(target[0] for target in targets)), trunk)
    accounts.set_places(trunk, [(target[0], target[1]) for target in targets])
