"""Claims on returning callers over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from callcenter.settings import Settings
from callcenter.store.calls import save_calls
from callcenter.store.engine import make_engine, session
from callcenter.store.migrate import upgrade
from callcenter.switchboard.flow_watch import Flows
from callcenter.switchboard.returning import claim_days, kept_claims
from tests.unit.store import facts

DAY = timedelta(days=1)
NOW = facts.T0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


def served(engine: Engine, *calls: tuple[float, str]) -> None:
    """Calls of one caller, so many days ago, each answered by that agent."""
    with session(engine) as work:
        for ago, agent in calls:
            call, when = facts.answered(f"{ago}"), NOW - ago * DAY
            legs = (call.legs[0], replace(call.legs[1], party=agent, answered_at=when))
            save_calls(work, [replace(call, started_at=when, answered_at=when, legs=legs)], "main", "node-1")


def test_a_chain_of_calls_leads_back_to_who_served_first(engine: Engine) -> None:
    served(engine, (18, "8001"), (12, "8002"), (6, "8003"))
    claims = kept_claims(engine, {"front": 7}, NOW)
    assert claims.holder("front", "13800000000", NOW) == "8001"


def test_a_claim_that_ran_out_is_the_next_ones(engine: Engine) -> None:
    served(engine, (18, "8001"), (6, "8003"))
    assert kept_claims(engine, {"front": 7}, NOW).holder("front", "13800000000", NOW) == "8003"


def test_desks_without_claims_cost_nothing(engine: Engine) -> None:
    served(engine, (1, "8001"))
    assert len(kept_claims(engine, {}, NOW)) == 0
    assert len(kept_claims(engine, {"repairs": 7}, NOW)) == 0


def test_the_flows_say_how_long(tmp_path: Path) -> None:
    flow = tmp_path / "front.toml"
    flow.write_text(
        '[start]\nopen = "ring"\n[group.all]\nagents = ["8001"]\nreturning = 7\n'
        '[step.ring]\ndo = "ring"\ngroup = "all"\n',
        "utf-8",
    )
    desks = [
        {"id": "front", "number": "8000", "name": "x", "flow": str(flow)},
        {"id": "plain", "number": "8009", "name": "y", "agents": ["8001"]},
    ]
    settings = Settings(
        desk=desks, extension=[{"number": "8001", "password": "a-long-password"}], data=tmp_path
    )
    assert claim_days(settings, Flows(settings, lambda: ())) == {"front": 7}
