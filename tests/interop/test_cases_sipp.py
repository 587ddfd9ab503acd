"""Rows 1, 3, 6, 13, 15 and 20 of SIP_CASES at a switchboard, by sipp: what no telephone does of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from callcenter.demo.phones.scenarios import (
    URI,
    acknowledged,
    answer,
    answered,
    authenticated_invite,
    bye,
    called,
    digit,
    invite,
    outside,
    play,
    progress,
    receive,
    refused,
    reinvite,
    request,
    ring,
    scenario,
    sdp,
    wait_bye,
)
from sip.effects import Ended, Ending
from tests.board import PASSWORD, TRUNK, Phone, Switchboard, settings_for, switchboard
from tests.interop.peers import Sipp, nudged, sipp_register
from tests.interop.site import ended_well, ring_for_ever, site
from tests.phones import hum
from tests.support import eventually, free_port
from tests.unit.sip.phone import pool

CALLER, AGENT = 440, 3000
"""Hertz; the music that is played on hold has nothing of the agent's."""
MEDIA_TIMEOUT = 1.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Switchboard]:
    settings = settings_for(tmp_path / "data", ring_timeout=10, media_timeout=MEDIA_TIMEOUT)
    async with switchboard(settings) as running:
        yield running


async def phone(number: str, hertz: float, desk: Switchboard) -> Phone:
    made = Phone(number, hertz, pool())
    await made.start(desk.address, register=number != TRUNK)
    return made


@pytest.fixture
async def caller(desk: Switchboard) -> AsyncIterator[Phone]:
    made = await phone(TRUNK, CALLER, desk)
    yield made
    await made.stop()


@pytest.fixture
async def agent(desk: Switchboard) -> AsyncIterator[Phone]:
    made = await phone("1", AGENT, desk)
    yield made
    await made.stop()


MakeSipp = Callable[..., Coroutine[Any, Any, Sipp]]


@pytest.fixture
async def sipp_phone(desk: Switchboard, tmp_path: Path) -> AsyncIterator[MakeSipp]:
    """Makes extension 1, which does `steps` at its next call."""
    made: list[Sipp] = []

    async def make(*steps: str) -> Sipp:
        port = free_port()
        run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="1", port=port)
        made.append(run)
        await asyncio.to_thread(run.listening)
        await asyncio.to_thread(sipp_register, tmp_path, desk.address, "1", PASSWORD, port)
        return run

    yield make
    for run in made:
        await asyncio.to_thread(run.stop)


def asked(method: str, cseq: int, code: int, extra: str = "") -> str:
    """A request outside a dialog and the status that it is answered with."""
    return outside(request(method, cseq, extra=extra, role="uac", uri=URI)) + receive(code)


async def test_row_1_each_request_is_answered(desk: Switchboard, tmp_path: Path) -> None:
    steps = (
        asked("OPTIONS", 1, 200),
        asked("INFO", 2, 481),
        asked("REFER", 3, 403, "Refer-To: <sip:2@[remote_ip]>\n"),
        asked("NOTIFY", 4, 481, "Event: refer\nSubscription-State: active\n"),
        asked("MESSAGE", 5, 405),
        asked("FROBNICATE", 6, 405),
    )
    run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user="1")
    await ended_well(run)
    for text in run.messages().split("SIP/2.0 405 ")[1:]:
        assert "Allow: INVITE" in text


async def test_row_1_each_request_in_a_call_is_answered(
    desk: Switchboard, agent: Phone, tmp_path: Path
) -> None:
    inside = "".join(
        request(method, cseq, extra=extra, role="uac") + receive(code)
        for method, cseq, extra, code in (
            ("OPTIONS", 3, "", 200),
            ("INFO", 4, "", 200),
            ("REFER", 5, "Refer-To: <sip:2@[remote_ip]>\n", 403),
            ("FROBNICATE", 6, "", 405),
        )
    )
    steps = (authenticated_invite(TRUNK, PASSWORD), answered(2), inside, bye(7, "uac"))
    run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user=TRUNK)
    await ended_well(run)
    assert (await desk.row()).outcome == "answered"


async def test_row_3_an_old_style_hold(
    desk: Switchboard, caller: Phone, sipp_phone: MakeSipp, tmp_path: Path
) -> None:
    """`c=0.0.0.0` (RFC 3264 section 8.4); sipp hums on, and the caller is not to hear it."""
    nowhere = reinvite(1, "sendrecv", 2).replace("c=IN IP4 [media_ip]", "c=IN IP4 0.0.0.0")
    talk = (called(), ring(100), answer(), acknowledged(), play(hum(tmp_path, AGENT, 30)), nudged())
    run = await sipp_phone(*talk, nowhere, nudged(), reinvite(2, "sendrecv", 3), wait_bye())
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(AGENT)
    live = await desk.live()
    leg = next(leg for leg in live.legs if leg.party == "1")
    run.nudge()
    await eventually(lambda: leg.on_hold)
    assert not leg.stream.receiving and leg.stream.remote is None
    await eventually(lambda: caller.heard.share(AGENT) < 0.01)
    run.nudge()
    await eventually(lambda: not leg.on_hold)
    await caller.hears(AGENT)
    caller.call.hangup()
    await ended_well(run)
    assert (await desk.row()).hold_seconds > 0


async def test_row_6_a_bye_for_nobody_and_one_before_the_answer(tmp_path: Path) -> None:
    early = receive(100, 'optional="true"') + receive(180, 'rrs="true"')
    async with site(tmp_path, ring_for_ever) as here:
        await ended_well(here.caller(asked("BYE", 1, 481)))
        bye_at_once = request("BYE", 2, role="uac") + receive(200) + refused(487)
        await ended_well(here.caller(invite(), early, bye_at_once))
        assert await here.calls[0].over() == Ended(Ending.THEM, 487)


async def test_row_13_a_key_by_rtp_events_of_sipp(caller: Phone, sipp_phone: MakeSipp) -> None:
    talk = (called(), ring(100), answer(sdp("[media_port]")), acknowledged())
    run = await sipp_phone(*talk, nudged(), digit("5"), wait_bye())
    await caller.dial("8000")
    await caller.connected()
    run.nudge()
    await caller.hears_keys("5")
    caller.call.hangup()
    await ended_well(run)


async def test_row_15_descriptions_of_every_kind(desk: Switchboard, agent: Phone, tmp_path: Path) -> None:
    video = "m=video 4002 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    refusals = (
        sdp().replace("m=audio", "m=application"),
        sdp(codec="3 GSM").replace(" 101\n", "\n", 1),
        sdp(port="0"),
    )
    for body in refusals:
        steps = (authenticated_invite(TRUNK, PASSWORD, body), progress(), refused(488, 2))
        await ended_well(Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user=TRUNK))
    steps = (authenticated_invite(TRUNK, PASSWORD, sdp() + video), answered(2), bye(3, "uac"))
    run = Sipp.start(tmp_path, scenario(*steps), desk.address, service="8000", user=TRUNK)
    await ended_well(run)
    accepted = run.messages().partition("SIP/2.0 200 OK")[2]
    assert "m=video 0 " in accepted and "m=audio " in accepted


async def test_row_20_silence_suppression_is_no_loss_of_power(
    desk: Switchboard, caller: Phone, sipp_phone: MakeSipp, tmp_path: Path
) -> None:
    """sipp says that it suppresses silence (RFC 3108), hums a while and then sends nothing."""
    body = sdp() + "a=silenceSupp:on - - - -\n"
    steps = (called(), ring(100), answer(body), acknowledged(), play(hum(tmp_path, AGENT, 1)), wait_bye())
    run = await sipp_phone(*steps)
    await caller.dial("8000")
    await caller.connected()
    live = await desk.live()
    leg = next(leg for leg in live.legs if leg.party == "1")
    await eventually(lambda: leg.stream.stats.packets_in > 40)
    heard = live.caller.stream.stats.packets_in
    await eventually(lambda: live.caller.stream.stats.packets_in > heard + 50 * MEDIA_TIMEOUT * 2)
    assert leg.media.silences and not live.lost
    caller.call.hangup()
    await ended_well(run)
    assert (await desk.row()).hung_up_by == "caller"
