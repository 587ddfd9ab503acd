"""One OPTIONS, without a switchboard."""

from __future__ import annotations

import pytest

from callcenter.settings import SipSettings
from callcenter.switchboard.probe import ask
from sip.message import URI
from tests.unit.sip.udp_peer import refuse_all, running

SIP = SipSettings(listen="127.0.0.1:5060")


async def test_who_answers_says_what_it_is() -> None:
    async with running(refuse_all) as (agent, _, _):
        assert await ask(URI("sip", "127.0.0.1", port=agent.local.port), SIP) == (True, "Sanxiang")


async def test_who_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.ping.PATIENCE", 0.2)
    async with running(refuse_all) as (_, silent, _):
        assert await ask(URI("sip", "127.0.0.1", port=silent.port), SIP) == (False, "no answer")


async def test_a_name_that_leads_nowhere() -> None:
    there, _ = await ask(URI.parse("sip:127.0.0.1:9;transport=tcp"), SIP)
    assert not there
