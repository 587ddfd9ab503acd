"""What a user agent holds at this moment, as numbers: every table that a call could leave something in.

When all calls are over each of them goes back to what it was, at the latest 64·T1 (32 s) after the last
one: a late copy of a message may come for so long (RFC 3261 section 17), and a call that is over is kept as
long to answer it.
"""

from __future__ import annotations

from sip.aio.agent import UserAgent


def census(agent: UserAgent) -> dict[str, int]:
    """Counts by name. `calls` are dialogs and those about to be; `calls_over` are kept for late messages."""
    wire, sender = agent.wire, agent._sender
    return {
        "transactions": len(agent.layer),
        "transactions_scheduled": len(agent.layer._heap),
        "requests_outstanding": agent.layer.outstanding,
        "requests_pending": sender.pending,
        "requests_with_alternatives": len(sender._plans),
        "calls": len(agent.calls),
        "calls_over": agent._calls.over,
        "calls_with_deadline": len(agent._waiting),
        "connections": len(wire._connections),
        "connections_by_place": len(wire._places),
        "connections_opening": len(wire._opening),
        "agent_tasks": len(agent._work.tasks) + len(sender.work.tasks) + len(wire._work.tasks),
    }
