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
TOGETHER_DESK, TOGETHER = "8006", ["501", "502", "503"]
"""A desk whose phones all ring at once."""
QUEUE_DESK, QUEUED = "8007", ["511", "512"]
"""A desk with a queue, and its agents."""
EVERYBODY = [*AGENTS, *TARGETS, *CALLERS, *FRAIL, *TOGETHER, *QUEUED]

SWITCHBOARD_HOST, PHONES_HOST, CARRIER_HOST = "127.0.3.1", "127.0.3.2", "127.0.3.3"
"""Addresses of their own on loopback: other tests take RTP ports by the thousand on 127.0.0.1."""
OUTSIDE = "6"
"""What the numbers outside begin with."""
FLOW = """
[start]
open = "queue"
[after]
wrap_up = 0.2
[group.desk]
order = "in_turn"
agents = ["511", "512"]
ring_timeout = 1.5
missed = "keep"
[step.queue]
do = "queue"
group = "desk"
announce_every = 2
offer = "queue-offer"
offer_after = 3
keys = {"1" = "callback", "2" = "message"}
longest = 8
overflow = "ring"
nobody = "callback"
[step.ring]
do = "ring"
group = "desk"
busy = "callback"
no_answer = "message"
[step.callback]
do = "callback"
[step.message]
do = "message"
longest = 5
"""
"""Of the desk with a queue: everything soon, so that it happens."""
RING_TIMEOUT = 1.5
MEDIA_TIMEOUT = 2.0


def settings_of(folder: Path, broker: str, carrier: int) -> Settings:
    """A switchboard with impatient desks, so that an hour has many calls; a carrier listens at that port."""
    low = random.randrange(10000, 14000, 400)
    desks = [*DESKS.items(), (FRAIL_DESK, tuple(FRAIL)), (TOGETHER_DESK, tuple(TOGETHER))]
    flow = folder / "queue.toml"
    flow.write_text(FLOW, "utf-8")
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
                "ring": "together" if number == TOGETHER_DESK else "in_order",
                "ring_timeout": RING_TIMEOUT,
            }
            for number, agents in desks
        ]
        + [{"id": "queue", "number": QUEUE_DESK, "name": "万科物业", "flow": flow}],
        extension=[
            {"number": number, "password": PASSWORD, "outside": [OUTSIDE] if number in CALLERS else False}
            for number in [*EVERYBODY, "199"]
        ],
        trunk=[
            {"id": TRUNK, "username": TRUNK, "password": PASSWORD, "outgoing": False},
            {
                "id": "out",
                "mode": "ip",
                "server": f"{CARRIER_HOST}:{carrier}",
                "ring_timeout": 2 * RING_TIMEOUT,
            },
        ],
    )
