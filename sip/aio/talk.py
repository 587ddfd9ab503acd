"""NOTIFY with `Event: talk`: asks a telephone that rings to answer, as if its user had pressed the key.

BroadSoft's remote control, which Yealink, Poly, Snom, Grandstream and Fanvil take. It is sent
within the early dialog of our INVITE, without a subscription before it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sip.errors import StateError
from sip.message import Request, Response
from sip.moment import Moment
from sip.session import State

if TYPE_CHECKING:
    from sip.aio.call import Call

TIMED_OUT = 408


@dataclass
class _Answer:
    """Owns the NOTIFY's transaction."""

    status: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        if response.code >= 200 and not self.status.done():
            self.status.set_result(response.code)

    def timed_out(self, request: Request, moment: Moment) -> None:
        if not self.status.done():
            self.status.set_result(TIMED_OUT)


async def ask_to_talk(call: Call) -> int:
    """The final status that the telephone gives: after a 2xx its 200 to our INVITE follows.

    408: it gave none. Raises StateError where it does not ring.
    """
    session = call.session
    if session.state is not State.EARLY:
        raise StateError(f"talk: the telephone does not ring, its call is {session.state.value}")
    request = session.dialog.request("NOTIFY")
    request.headers.set("Event", "talk")
    request.headers.set("Subscription-State", "active")
    answer = _Answer()
    call.agent.send(request, session.dialog.next_hop(), answer, flow=call.flow)
    return await answer.status
