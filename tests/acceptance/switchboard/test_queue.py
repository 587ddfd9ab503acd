"""The queue: callers wait in order; until it is their turn they hear nobody, and nobody hears them."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.switchboard.stage import AGENT, CALLER, OTHER, TARGET, settings_of, staged
from tests.support import eventually

FLOW = """
[start]
open = "queue"
[group.desk]
order = "longest_idle"
agents = ["1"]
ring_timeout = 5
[step.queue]
do = "queue"
group = "desk"
announce_every = 5
"""


async def test_they_come_in_order_and_meet_nobody_before(tmp_path: Path) -> None:
    async with staged(tmp_path, settings_of(tmp_path, flow=FLOW)) as stage:
        agent = await stage.phone("1", AGENT)
        waiting = stage.here.board.distribution.waiting
        tones = (CALLER, TARGET, OTHER)
        callers = []
        for at, hertz in enumerate(tones):
            callers.append(await stage.caller(hertz, number=f"1390000000{at}"))
            await callers[0].hears(AGENT)
            await eventually(lambda: len(waiting()) == len(callers) - 1)
        assert [place.position for place in waiting()] == [0, 1]
        await callers[2].hears()
        for at, caller in enumerate(callers, 1):
            await caller.hears(AGENT, timeout=30.0)
            await agent.hears(caller.hertz, call=at)
            caller.run.nudge()
            await caller.succeeded()
        calls = await stage.ended(3)
    assert [caller.story() for caller in callers] == [[{AGENT}]] * 3
    assert [agent.ever(number) for number in (1, 2, 3)] == [{hertz} for hertz in tones]
    first, second, third = calls
    assert (first.queue_seconds, [call.outcome for call in calls]) == (0.0, ["answered"] * 3)
    assert second.ended_at and third.answered_at and third.answered_at >= second.ended_at
    for call in (second, third):
        assert call.answered_at is not None
        assert call.wait_seconds >= call.queue_seconds > 0
        assert call.wait_seconds - call.queue_seconds < 5.0
        assert (call.three_rings, [wait["kind"] for wait in call.waits]) == ("pass", ["queue"])
