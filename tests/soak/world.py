"""Who is there: the desks, extensions and line of the switchboard under test."""

from __future__ import annotations

import random
from pathlib import Path

from callcenter.settings import Settings

PASSWORD = "soak-test-secret"
SITE = "soak"
TRUNK = "city"
"""The account that callers from outside log in with."""

DESKS = {f"800{desk}": tuple(str(131 + desk * 4 + agent) for agent in range(4)) for desk in range(4)}
DESKS["8004"] = ("199",)
"""The agents of each desk. 199 never registers."""
AGENTS = [agent for agents in DESKS.values() for agent in agents if agent != "199"]
TARGETS = ["201", "202", "203", "204"]
"""Extensions that calls are sent on to, or that are called directly."""
CALLERS = ["301", "302", "303"]
"""Extensions that call."""
FRAIL = ["401", "402"]
"""Phones that lose their power now and then."""
FRAIL_DESK = "8005"
EVERYBODY = [*AGENTS, *TARGETS, *CALLERS, *FRAIL]

SWITCHBOARD_HOST, PHONES_HOST = "127.0.3.1", "127.0.3.2"
"""Addresses of their own on loopback: other tests take RTP ports by the thousand on 127.0.0.1."""
RING_TIMEOUT = 1.5
MEDIA_TIMEOUT = 2.0


def settings_of(folder: Path, broker: str) -> Settings:
    """A switchboard with impatient desks, so that an hour has many calls."""
    low = random.randrange(10000, 14000, 400)
    desks = [*DESKS.items(), (FRAIL_DESK, tuple(FRAIL))]
    return Settings(
        site=SITE,
        data=folder,
        sip={
            "listen": f"{SWITCHBOARD_HOST}:0",
            "rtp_ports": (low, low + 399),
            "media_timeout": MEDIA_TIMEOUT,
            # All callers come from one address, and a call counts for 32 s after its end.
            "guard": {"calls": 20_000},
        },
        mqtt={"url": broker},
        desk=[
            {
                "id": f"desk{number}",
                "number": number,
                "name": "万科物业",
                "agents": agents,
                "ring_timeout": RING_TIMEOUT,
            }
            for number, agents in desks
        ],
        extension=[{"number": number, "password": PASSWORD} for number in [*EVERYBODY, "199"]],
        trunk=[{"id": TRUNK, "username": TRUNK, "password": PASSWORD}],
    )
