"""The user agent on the loop that the service runs it on."""

from __future__ import annotations

import uvloop

from sip.aio.agent import UserAgent
from tests.unit.sip.udp_peer import Clock, Everybody, refuse_all


def test_a_timer_that_is_due_at_once_is_set_twice() -> None:
    """uvloop makes no TimerHandle of a time that is now; a handle without `when` ended the timer."""

    async def main() -> None:
        clock = Clock()
        agent = UserAgent(Everybody(), refuse_all, clock=clock)
        await agent.start("127.0.0.1", 0)
        agent.layer._heap.append((clock() - 1.0, 0, None))  # type: ignore[arg-type]
        agent._arm()
        agent._arm()
        agent.layer._heap.clear()
        await agent.stop(grace=0.01)

    uvloop.run(main())
