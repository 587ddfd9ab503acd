"""Asks one SIP server by OPTIONS whether it is there, without a switchboard at work."""

from __future__ import annotations

import asyncio

from callcenter.settings import SipSettings, split_host_port
from callcenter.switchboard.transports import tls_settings
from sip.aio.agent import Admission, UserAgent
from sip.aio.call import Call
from sip.aio.pinger import Pinger
from sip.message import URI, Request, Response, respond
from sip.moment import Moment
from sip.ping import PATIENCE
from sip.transactions import Address as HostPort

PRODUCT = "Sanxiang"


class _Nobody:
    def admit(self, request: Request, source: HostPort, now: float) -> Admission:
        return Admission(status=403)

    def register(self, identity: str, request: Request, source: HostPort, now: float) -> Response:
        return respond(request, 403)


async def _refuse(call: Call) -> None:
    call.reject(403)


class _Asked(Pinger):
    """A pinger that is content with one answer, and keeps what it says of itself."""

    server = ""

    def receive(self, request: Request, response: Response, moment: Moment) -> None:
        self.server = response.headers.get("Server") or ""
        super().receive(request, response, moment)


async def ask(target: URI, sip: SipSettings) -> tuple[bool, str]:
    """Whether `target` answers an OPTIONS within some seconds; and its Server header, or why not.

    Raises OSError where no socket can be opened.
    """
    agent = UserAgent(_Nobody(), _refuse, tls=tls_settings(sip))
    await agent.start(split_host_port(sip.listen)[0], 0, sip.advertised)
    known = asyncio.Event()
    pinger = _Asked(agent, target, 3600.0, known.set)
    try:
        pinger.start()
        await asyncio.wait_for(known.wait(), 2 * PATIENCE)
        return bool(pinger.ping.reachable), pinger.server if pinger.ping.reachable else pinger.ping.why
    except TimeoutError:
        return False, "no answer"
    finally:
        pinger.stop()
        await agent.stop(grace=0.0)
