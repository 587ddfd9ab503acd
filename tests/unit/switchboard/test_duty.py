"""Agents' states on record, and back after a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from callcenter.domain.agents import State
from callcenter.store.tables import AgentState
from callcenter.switchboard.duty import keep_agents, kept_agents, restore_agents
from tests.board import Switchboard, settings_for, switchboard
from tests.unit.switchboard.conftest import MakePhone


async def test_each_state_is_kept_with_who_set_it(desk: Switchboard, make_phone: MakePhone) -> None:
    keep_agents(desk.board.agents, desk.board.ledger)
    await make_phone("1")
    desk.board.agents.set("1", State.BREAK, "lunch", by="1")
    desk.board.agents.set("1", State.BREAK, "lunch", by="1")  # nothing new
    await desk.board.ledger.flush()
    kept = kept_agents(desk.engine, "node-1")["1"]
    assert (kept.state, kept.reason, kept.by) == ("break", "lunch", "1")


async def test_who_was_away_is_away_after_a_restart(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    since = datetime.now(UTC) - timedelta(minutes=5)
    rows = {
        "1": AgentState(node="node-1", agent="1", state="break", reason="lunch", at=since, by="1"),
        "2": AgentState(node="node-1", agent="2", state="ready", at=since, by="2"),
        "3": AgentState(node="node-1", agent="3", state="dancing", at=since, by="3"),
        "99": AgentState(node="node-1", agent="99", state="break", at=since, by="99"),
    }
    async with switchboard(settings) as desk:
        restore_agents(desk.board.agents, rows)
        one = desk.board.agents.agent("1")
        assert (one.state, one.reason, one.since.utc) == (State.BREAK, "lunch", since)
        assert desk.board.agents.state("2") is State.SIGNED_OFF  # until their telephone registers
        assert desk.board.agents.state("3") is State.SIGNED_OFF
