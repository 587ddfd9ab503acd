"""Agents' states on record, and back after a restart; what extensions have set as well."""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from callcenter.domain.agents import Agent, State
from callcenter.store.engine import session
from callcenter.store.entries import AgentChanged
from callcenter.store.ledger import Ledger
from callcenter.store.tables import AgentState, ExtensionFeature
from callcenter.store.work import features, newest_states
from callcenter.switchboard.agents import Agents, Saved

log = logging.getLogger(__name__)


def keep_agents(agents: Agents, ledger: Ledger) -> None:
    """Puts every change of an agent's state into the ledger, which tells of it."""
    known: dict[str, tuple[State, str | None]] = {}

    def changed(agent: Agent, by: str) -> None:
        if known.get(agent.number) == (agent.state, agent.reason):
            return  # a wish for later, or the telephone alone
        known[agent.number] = (agent.state, agent.reason)
        ledger.put(AgentChanged(agent.number, agent.state.value, agent.since.utc, by, agent.reason))

    agents.on_change.append(changed)


def kept_agents(engine: Engine, node: str) -> dict[str, AgentState]:
    """What was kept of each agent last; blocks."""
    with session(engine) as work:
        return newest_states(work, node)


def kept_features(engine: Engine) -> dict[str, ExtensionFeature]:
    """What each extension has set; blocks."""
    with session(engine) as work:
        return features(work)


def restore_agents(agents: Agents, kept: dict[str, AgentState]) -> None:
    """Takes back who was on a break, signed off or set aside. What cannot be read is left out."""
    for number, row in kept.items():
        try:
            saved = Saved(State(row.state), row.at, row.reason)
        except ValueError:
            log.warning("agent state unknown number=%s state=%s", number, row.state)
            continue
        agents.restore(number, saved)
