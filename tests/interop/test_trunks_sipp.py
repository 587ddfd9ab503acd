"""Calls to the outside at somebody else's program: sipp as the carrier, and sipp as the fraudster.

SIP_CASES 8, 9, 10 and 17 for the legs of trunks, and «no unauthenticated call reaches a trunk».
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    authenticated_invite,
    bye,
    called,
    invite,
    message,
    pause,
    play,
    progress,
    receive,
    refer,
    refuse,
    refused,
    respond,
    ring,
    scenario,
    sdp,
    wait_bye,
)
from tests.board import PASSWORD, Switchboard, settings_for, switchboard
from tests.interop.challenger import HOST, challenger
from tests.interop.challenger import PASSWORD as CARRIER_PASSWORD
from tests.interop.peers import Sipp, sipp_register
from tests.phones import hum
from tests.support import eventually, free_port, scaled

NUMBER = "13800138000"
ANSWERS = (answer(), acknowledged(), wait_bye())
EARLY = respond(183, "Session Progress", sdp())
RINGS = respond(180, "Ringing")


class Site:
    """A switchboard whose trunks lead to sipp; extension 1 may call outside."""

    def __init__(self, folder: Path, desk: Switchboard, carriers: list[Sipp]) -> None:
        self.folder, self.desk, self.carriers = folder, desk, carriers
        self.running: list[Sipp] = []

    async def dial(
        self, *steps: str, number: str = NUMBER, extension: str = "1", register: bool = True
    ) -> Sipp:
        """An extension's phone calls; the steps follow the authenticated INVITE."""
        port = free_port()
        if register:
            await asyncio.to_thread(sipp_register, self.folder, self.desk.address, extension, PASSWORD, port)
        text = scenario(authenticated_invite(extension, PASSWORD), *steps)
        return self.start(text, number, extension, port=port, login=(extension, PASSWORD))

    def start(self, text: str, number: str, user: str, **more: Any) -> Sipp:
        run = Sipp.start(self.folder, text, self.desk.address, service=number, user=user, **more)
        self.running.append(run)
        return run

    def stop(self) -> None:
        for run in self.running:
            run.stop()

    async def done(self, *runs: Sipp) -> None:
        for run in runs:
            await asyncio.to_thread(run.succeeded)


Build = Callable[..., Coroutine[Any, Any, Site]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(*carriers: tuple[str, ...], **trunk: Any) -> Site:
            """A trunk for each list of steps that a carrier's sipp does."""
            runs = []
            for steps in carriers:
                port = free_port(host=HOST)
                run = Sipp.start(tmp_path, scenario(*steps), (HOST, 9), service="far", port=port, host=HOST)
                stack.callback(run.stop)
                await asyncio.to_thread(run.listening)
                runs.append(run)
            trunks = [
                {"id": f"line-{n}", "mode": "ip", "server": f"{HOST}:{run.port}", "ping": 0, **trunk}
                for n, run in enumerate(runs)
            ]
            low = random.randrange(11000, 19000, 1000)
            ports = (low, low + 999)
            settings = settings_for(tmp_path, outside={"1": True}, trunks=trunks, rtp_ports=ports)
            desk = await stack.enter_async_context(switchboard(settings))
            here = Site(tmp_path, desk, runs)
            stack.callback(here.stop)
            return here

        yield make


async def test_sipp_is_called_over_a_trunk_and_both_are_recorded(build: Build, tmp_path: Path) -> None:
    tone = hum(tmp_path)
    here = await build((called(), ring(500), answer(), acknowledged(), play(tone), wait_bye()), prefix="0")
    phone = await here.dial(answered(2), play(tone), pause(1500), bye(3, "uac"))
    await here.done(phone, *here.carriers)
    row = await here.desk.row()
    assert (row.direction, row.line, row.outcome) == ("outbound", "external", "answered")
    assert (row.caller, row.callee, row.hung_up_by) == ("1", NUMBER, "caller")
    assert [(leg.role, leg.party) for leg in here.desk.legs()] == [("caller", "1"), ("target", NUMBER)]
    recorded = list(here.desk.board.settings.recordings.rglob("*.wav"))
    assert len(recorded) == 2 and all(path.stat().st_size > 8000 for path in recorded)
    assert f"INVITE sip:0{NUMBER}@{HOST}" in here.carriers[0].messages()


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (486, "busy"),
        (480, "no_answer"),
        (603, "rejected"),
        *((code, "failed") for code in (404, 488, 408, 503)),
    ],
)
async def test_row_8_each_refusal_of_a_carrier_is_an_outcome(build: Build, code: int, outcome: str) -> None:
    here = await build((called(), refuse(code, "No")))
    phone = await here.dial(progress(), refused(code, 2))
    await here.done(phone, *here.carriers)
    assert (await here.desk.row()).outcome == outcome
    assert here.desk.legs()[1].final_status == code


async def test_row_9_a_carrier_that_only_rings_is_cancelled_on_time(build: Build) -> None:
    here = await build((called(), ring(20000), answer()), ring_timeout=2)
    phone = await here.dial(progress(), refused(480, 2))
    await here.done(phone, *here.carriers)  # it got CANCEL, and its 487 was acknowledged
    assert (await here.desk.row()).outcome == "no_answer"
    seconds = here.desk.legs()[1].ring_seconds
    assert seconds is not None and 1.99 < seconds < 2.0 + scaled(0.5)


async def test_row_9_a_200_that_crosses_the_cancel_is_acknowledged_and_ended(build: Build) -> None:
    late = respond(200, "OK", sdp(), cseq="CSeq: 1 INVITE", attributes='retrans="500"')
    crossing = (called(), RINGS, receive("CANCEL"), late, acknowledged(), wait_bye())
    here = await build(crossing, ring_timeout=1)
    phone = await here.dial(progress(), refused(480, 2))
    await here.done(phone, *here.carriers)
    got = here.carriers[0].messages()
    assert re.findall(r"^(CANCEL|ACK|BYE) sip", got, re.MULTILINE) == ["CANCEL", "ACK", "BYE"]
    assert (await here.desk.row()).outcome == "no_answer"


@pytest.mark.parametrize(
    ("steps", "on_183", "between"),
    [
        ((EARLY, pause(900)), True, (0.3, 1.2)),
        ((EARLY, pause(900)), False, None),
        ((EARLY, pause(900), RINGS, pause(300)), False, (1.2, 3.0)),
        ((RINGS, pause(900), RINGS, pause(300)), False, (0.3, 1.2)),
    ],
    ids=["183 counts", "183 does not", "180 after 183", "several 180"],
)
async def test_row_17_a_carriers_ringing_begins_as_its_line_says(
    build: Build, steps: tuple[str, ...], on_183: bool, between: tuple[float, float] | None
) -> None:
    here = await build(
        (called(), pause(300), *steps, answer(), acknowledged(), wait_bye()), ringing_on_183=on_183
    )
    phone = await here.dial(answered(2), pause(200), bye(3, "uac"))
    await here.done(phone, *here.carriers)
    await here.desk.row()
    leg = here.desk.legs()[1]
    if between is None:
        assert leg.ringing_at is None
    else:
        assert leg.ringing_at is not None
        assert between[0] - 0.05 < (leg.ringing_at - leg.invite_at).total_seconds() < between[1]


async def test_row_17_early_sound_of_a_carrier_reaches_the_caller_before_the_answer(
    build: Build, tmp_path: Path
) -> None:
    tone = hum(tmp_path)
    early = (
        called(),
        respond(183, "Session Progress", sdp()),
        play(tone),
        pause(2000),
        refuse(486, "Busy Here"),
    )
    here = await build(early)
    phone = await here.dial(receive(100, 'optional="true"'), receive(183), progress(), refused(486, 2))
    live = await here.desk.live()
    caller = live.caller.stream
    await eventually(lambda: caller.stats.packets_out > 20, message="nothing is sent to the caller")
    assert live.caller.call.answered_at is None
    await here.done(phone, *here.carriers)
    assert re.search(r"SIP/2.0 183.*?m=audio \d+", phone.messages(), re.DOTALL)
    assert (await here.desk.row()).outcome == "busy"


@pytest.mark.parametrize("failing", [(called(), refuse(503, "Sorry")), ()], ids=["503", "silence"])
async def test_row_8_the_next_trunk_is_tried(build: Build, failing: tuple[str, ...]) -> None:
    here = await build(failing or (called(), pause(60000)), (called(), ring(200), *ANSWERS))
    phone = await here.dial(answered(2), pause(200), bye(3, "uac"))
    await here.done(phone, here.carriers[1])
    assert (await here.desk.row()).outcome == "answered"
    assert len(here.desk.legs()) == 3


async def test_row_10_kamailio_registers_us_challenges_the_call_and_names_its_way(tmp_path: Path) -> None:
    with challenger(tmp_path / "carrier", "SHA-256") as carrier:
        far = (called(), ring(200), *ANSWERS)
        sipp = Sipp.start(tmp_path, scenario(*far), (HOST, 9), service="far", port=carrier.phone, host=HOST)
        await asyncio.to_thread(sipp.listening)
        line = {
            "id": "line",
            "mode": "register",
            "server": carrier.server,
            "username": "0755",
            "password": CARRIER_PASSWORD,
        }
        async with switchboard(settings_for(tmp_path, outside={"1": True}, trunks=[line])) as desk:
            here = Site(tmp_path, desk, [sipp])
            trunk = next(trunk for trunk in desk.board.trunks if trunk.id == "line")
            await eventually(lambda: str(trunk.report) == "registered")
            assert trunk._pinger is not None
            await eventually(lambda: trunk._pinger and trunk._pinger.ping.answered)
            phone = await here.dial(answered(2), pause(200), bye(3, "uac"))
            await here.done(phone, sipp)
            assert (await desk.row()).outcome == "answered"
            leg = desk.legs()[1]
        # Its own Record-Route stands where the Service-Route led; no Route of ours is left for the phone.
        assert leg.party == NUMBER
        assert "From: <sip:0755@127.0.0.2>" in sipp.messages()


# -- the fraudster ---------------------------------------------------------------------------------------

ABROAD = "0044123456789"
NEVER = (called(), refuse(603, "This must not happen"))
"""A carrier that nothing may reach."""


@pytest.mark.parametrize("number", [ABROAD, "110", "+44123456789"])
@pytest.mark.parametrize("claims", ["1", "line-0", "anonymous"])
async def test_a_fraudsters_invite_never_reaches_a_trunk(build: Build, number: str, claims: str) -> None:
    here = await build(NEVER)
    asserted = "P-Asserted-Identity: <sip:1@127.0.0.1>\nRemote-Party-ID: <sip:1@127.0.0.1>\n"
    fraud = here.start(scenario(invite(extra=asserted), progress(), refused(401)), number, claims)
    await here.done(fraud)
    assert "INVITE" not in here.carriers[0].messages()


async def test_a_wrong_password_never_reaches_a_trunk(build: Build) -> None:
    here = await build(NEVER)
    text = scenario(authenticated_invite("1", "guess"), progress(), refused(401, 2))
    await here.done(here.start(text, ABROAD, "1", login=("1", "guess")))
    assert "INVITE" not in here.carriers[0].messages()


@pytest.mark.parametrize(
    ("extension", "register"), [("2", True), ("1", False)], ids=["may not", "not registered"]
)
async def test_an_extension_that_may_not_never_reaches_a_trunk(
    build: Build, extension: str, register: bool
) -> None:
    here = await build(NEVER)
    phone = await here.dial(
        progress(), refused(404, 2), number=ABROAD, extension=extension, register=register
    )
    await here.done(phone)
    assert "INVITE" not in here.carriers[0].messages()


@pytest.mark.parametrize(
    "to", [f"<sip:{ABROAD}@[remote_ip]>", f"<sip:{ABROAD}@{HOST}:%s>"], ids=["number", "address"]
)
async def test_a_refer_never_reaches_a_trunk(build: Build, to: str) -> None:
    """Outside a dialog, and within the call of an extension that may not."""
    here = await build(NEVER)
    target = to % here.carriers[0].port if "%s" in to else to
    head = (
        "REFER sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        "From: <sip:1@[remote_ip]>;tag=[pid]\nTo: <sip:1@[remote_ip]>\nCall-ID: [call_id]\nCSeq: 1 REFER\n"
        f"Contact: <sip:1@[local_ip]:[local_port]>\nMax-Forwards: 70\nRefer-To: {target}\n"
    )
    await here.done(here.start(scenario(message(head) + receive(403)), "1", "1"))
    port = free_port()
    agent = here.start(scenario(called(), ring(100), *ANSWERS), "3", "3", port=port)
    await asyncio.to_thread(agent.listening)
    await asyncio.to_thread(sipp_register, here.folder, here.desk.address, "3", PASSWORD, port)
    phone = await here.dial(
        answered(2), pause(300), refer(3, target, "uac"), wait_bye(), number="3", extension="2"
    )
    await asyncio.to_thread(phone.wait, 20)
    assert "SIP/2.0 404" in phone.messages()  # the NOTIFY: nobody has that number
    assert "INVITE" not in here.carriers[0].messages()


async def test_a_redirection_never_reaches_a_trunk(build: Build) -> None:
    """A phone answers 302 with a number outside: it is not followed, whoever called."""
    here = await build(NEVER)
    contact = f"Contact: <sip:{ABROAD}@{HOST}:{here.carriers[0].port}>\n"
    moved = respond(302, "Moved Temporarily", attributes='retrans="500"').replace(
        "Contact: <sip:[service]@[local_ip]:[local_port]>\n", contact
    )
    port = free_port()
    agent = here.start(scenario(called(), moved, acknowledged()), "3", "3", port=port)
    await asyncio.to_thread(agent.listening)
    await asyncio.to_thread(sipp_register, here.folder, here.desk.address, "3", PASSWORD, port)
    phone = await here.dial(progress(), refused(480, 2), number="3")
    await here.done(phone, agent)
    assert "INVITE" not in here.carriers[0].messages()


@pytest.mark.parametrize("number", ["110", "119", "120"])
async def test_every_extension_may_call_for_help(build: Build, number: str) -> None:
    here = await build((called(), ring(100), *ANSWERS), prefix="9")
    phone = await here.dial(
        answered(2), pause(200), bye(3, "uac"), number=number, extension="2", register=False
    )
    await here.done(phone, *here.carriers)
    assert f"INVITE sip:{number}@{HOST}" in here.carriers[0].messages()
