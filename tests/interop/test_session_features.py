"""Session timers, UPDATE, re-INVITE, PRACK and forks against real peers: rows 3, 7, 16, 17, 18 of SIP_CASES.

Peers: sipp as phone and as caller, Kamailio in the path with Record-Route and as the proxy that forks.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    grab,
    invite,
    message,
    pause,
    receive,
    refused,
    request,
    respond,
    respond_inside,
    ring,
    scenario,
    sdp,
    take_reinvite,
    wait_bye,
)
from sip.aio.call import Call
from sip.effects import Ended, Ending, Offered, Progress
from sip.errors import OfferRefused, StateError
from sip.identity import ELSEWHERE, reasons
from sip.message import URI
from sip.moment import Moment
from sip.reliable import Reliability
from sip.sdp import answer as sdp_answer
from sip.sdp import offer
from sip.session_timer import Refresher
from tests.interop.peers import Sipp
from tests.interop.proxy import Kamailio
from tests.interop.site import (
    ME,
    OFFER,
    Site,
    ended_well,
    nobody,
    reply_to,
    ring_and_answer,
    site,
)
from tests.support import eventually
from tests.unit.sip.udp_peer import call_out, refuse_all, running

HOLD = bytes(offer("127.0.0.1", 4000, version=2)).replace(b"a=sendrecv", b"a=sendonly")
TIMER = "Supported: timer\nAllow: INVITE, ACK, BYE, UPDATE\n"
ACCEPTED = respond_inside(200, "OK", extra="Require: timer\nSession-Expires: 90;refresher=uac\n")
"""sipp grants us our refresh."""


def timed(refresher: str) -> str:
    """A 200 to our INVITE with a session timer."""
    return answer(extra=f"Require: timer\n{TIMER}Session-Expires: 90;refresher={refresher}\n")


async def agents(folder: Path, *steps: tuple[str, ...]) -> list[Sipp]:
    runs = [Sipp.start(folder, scenario(*each), ("127.0.0.1", 9), service="agent") for each in steps]
    for run in runs:
        await asyncio.to_thread(run.listening)
    return runs


def through(here: Site, proxy: Kamailio, user: str, *, ringing_on_183: bool = False) -> Call:
    """We call by way of the proxy."""
    target = URI("sip", "127.0.0.1", user=user, port=proxy.port)
    return here.agent.invite(target, OFFER, from_address=ME, ringing_on_183=ringing_on_183)


# --- session timers ---


async def test_row_18_we_refresh_a_callee_by_update(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        steps = (called(), timed("uac"), acknowledged(), receive("UPDATE"), ACCEPTED, wait_bye())
        run, call = await here.callee(*steps)
        await call.answered()
        timer = call.session.features.timer
        first = timer.deadline
        assert timer.refresher is Refresher.US and first is not None
        here.jump(45)
        await eventually(lambda: (timer.deadline or 0) > first)
        call.hangup()
        await ended_well(run)


async def test_row_18_we_refresh_by_reinvite_where_update_is_not_allowed(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        plain = answer(extra="Require: timer\nAllow: INVITE, ACK, BYE\nSession-Expires: 90;refresher=uac\n")
        run, call = await here.callee(
            called(), plain, acknowledged(), take_reinvite("sendrecv", 1), wait_bye()
        )
        await call.answered()
        refreshed = asyncio.Event()
        call.on_changed = lambda changed, moment: refreshed.set()
        here.jump(45)
        await refreshed.wait()
        call.hangup()
        await ended_well(run)


async def test_row_18_a_callee_refreshes_and_then_dies(tmp_path: Path) -> None:
    refresh = request("UPDATE", 1, extra=TIMER + "Session-Expires: 90;refresher=uac\n")
    granted = receive(200, action=grab("se", "90;refresher=uac", "Session-Expires"))
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), timed("uas"), acknowledged(), refresh, granted, wait_bye())
        await call.answered()
        timer = call.session.features.timer
        assert timer.refresher is Refresher.THEM and call.answered_at is not None
        unrefreshed = call.answered_at.mono + 60  # a third of the interval before its end
        await eventually(lambda: (timer.deadline or 0) > unrefreshed)
        here.jump(61)  # and no refresh comes
        assert await call.over() == Ended(Ending.SILENCE, None, "session timer expired")
        await ended_well(run)
        assert 'Reason: SIP;cause=408;text="Session timer expired"' in run.messages()


async def test_row_18_a_callee_that_answers_no_refresh_ends_the_call(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), timed("uac"), acknowledged(), receive("UPDATE"), pause(60000))
        await call.answered()
        here.jump(45)
        await eventually(lambda: call.session.features.changes.pending)
        run.stop()  # its power is gone
        here.jump(33)
        assert (await call.over()).by is Ending.SILENCE


@pytest.mark.parametrize("refresher", ["uac", "uas"])
async def test_row_18_a_caller_wants_a_session_timer(tmp_path: Path, refresher: str) -> None:
    wanted = TIMER + f"Session-Expires: 120;refresher={refresher}\n"
    granted = receive(200, 'rrs="true"', grab("se", f"120;refresher={refresher}", "Session-Expires"))
    talk = (
        (request("UPDATE", 2, extra=wanted, role="uac") + receive(200) + bye(3, "uac"))
        if refresher == "uac"
        else (receive("UPDATE") + ACCEPTED + bye(2, "uac"))
    )
    async with site(tmp_path, ring_and_answer) as here:
        run = here.caller(
            invite(extra=wanted), receive(100, 'optional="true"'), receive(180, 'optional="true"'), granted,
            request("ACK", 1, role="uac"), talk,
        )  # fmt: skip
        if refresher == "uas":
            await eventually(lambda: here.calls and here.calls[0].session.state.value == "confirmed")
            here.jump(60)
        await ended_well(run)
        assert await here.calls[0].over() == Ended(Ending.THEM)


async def test_row_18_too_short_an_interval_gets_422(tmp_path: Path) -> None:
    async with site(tmp_path, ring_and_answer) as here:
        short = invite(extra=TIMER + "Session-Expires: 60\nMin-SE: 60\n")
        run = here.caller(short, receive(100, 'optional="true"'), refused(422))
        await ended_well(run)
        assert not here.calls
        assert "Min-SE: 90" in run.messages()


async def test_row_18_a_422_makes_us_ask_for_more(tmp_path: Path) -> None:
    refusal = respond(422, "Session Interval Too Small", extra="Min-SE: 3600\n", attributes='retrans="500"')
    async with site(tmp_path, nobody) as here:
        again = receive("INVITE", 'rrs="true"', grab("se", "3600", "Session-Expires"))
        run, call = await here.callee(
            called(), refusal, acknowledged(), again, answer(), acknowledged(), wait_bye()
        )
        await call.answered()
        call.hangup()
        await ended_well(run)


# --- UPDATE and re-INVITE ---


async def test_row_3_a_caller_holds_and_resumes_by_update(tmp_path: Path) -> None:
    held = request("UPDATE", 2, sdp(direction="sendonly", version=2), role="uac")
    resumed = request("UPDATE", 3, sdp(direction="sendrecv", version=3), role="uac")
    async with site(tmp_path, _answers_offers) as here:
        run = here.caller(
            invite(), answered(),
            held, receive(200, action=grab("hold", "a=recvonly", where="body")),
            resumed, receive(200, action=grab("resume", "a=sendrecv", where="body")),
            bye(4, "uac"),
        )  # fmt: skip
        await ended_well(run)
        assert "a=recvonly" in run.messages()


async def _answers_offers(call: Call) -> None:
    def taken(offered: Offered, moment: Moment) -> bytes:
        assert offered.description is not None
        return bytes(sdp_answer(offered.description, "127.0.0.1", 4000)[0])

    call.on_offer = taken
    await ring_and_answer(call)


async def test_row_3_we_hold_by_reinvite_and_glare_is_sorted_out(tmp_path: Path) -> None:
    glare = receive("INVITE") + respond_inside(491, "Request Pending", attributes='retrans="500"')
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(
            called(), answer(), acknowledged(),
            glare, acknowledged(),
            take_reinvite("recvonly", 2), wait_bye(),
        )  # fmt: skip
        await call.answered()
        description = await call.reinvite(HOLD)  # waits out the back-off of RFC 3261 section 14.1
        assert b"a=recvonly" in bytes(description)
        call.hangup()
        await ended_well(run)


async def test_row_3_we_hold_by_update(tmp_path: Path) -> None:
    taken = receive("UPDATE", action=grab("hold", "a=sendonly", where="body"))
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(
            called(), answer(), acknowledged(),
            taken, respond_inside(200, "OK", sdp(direction="recvonly")), wait_bye(),
        )  # fmt: skip
        await call.answered()
        assert b"a=recvonly" in bytes(await call.update(HOLD))
        call.hangup()
        await ended_well(run)


async def test_row_3_a_refused_reinvite_leaves_the_call_as_it_was(tmp_path: Path) -> None:
    no = receive("INVITE") + respond_inside(488, "Not Acceptable Here", attributes='retrans="500"')
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), answer(), acknowledged(), no, acknowledged(), wait_bye())
        await call.answered()
        with pytest.raises(OfferRefused) as caught:
            await call.reinvite(HOLD)
        assert caught.value.status == 488 and not call.is_over
        call.hangup()
        await ended_well(run)


# --- reliable provisional responses ---


async def test_a_callee_that_rings_reliably_gets_its_prack(tmp_path: Path) -> None:
    first = receive("INVITE", 'rrs="true"', "".join(grab(n, ".*", h) for n, h in _PARTIES.items()))
    ringing = respond(183, "Session Progress", sdp(), "Require: 100rel\nRSeq: 77\n")
    prack = receive("PRACK", action=grab("rack", "77 1 INVITE", "RAck")) + respond_inside(200, "OK")
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(first, ringing, prack, _LATE_ANSWER, acknowledged(), wait_bye())
        await call.answered()
        call.hangup()
        await ended_well(run)
        assert re.search(r"CSeq: 3 BYE", run.messages())  # the PRACK was 2


_PARTIES = {"via": "Via", "them": "From", "me": "To"}
_LATE_ANSWER = message(
    "SIP/2.0 200 OK\nVia:[$via]\nFrom:[$them]\nTo:[$me];tag=[pid]s[call_number]\n[last_Call-ID:]\n"
    "CSeq: 1 INVITE\nContact: <sip:[service]@[local_ip]:[local_port]>",
    sdp(),
    'retrans="500"',
)
"""The 200 to an INVITE after another request: `[last_Via:]` would be that one's."""


async def test_a_caller_that_requires_it_is_rung_reliably(tmp_path: Path) -> None:
    async def rings_a_while(call: Call) -> None:
        call.ring()
        await eventually(lambda: call.session.features.reliable.deadline is None)
        call.answer(reply_to(call))
        await call.over()

    prack = request("PRACK", 2, extra="RAck: [$rseq] 1 INVITE\n", role="uac")
    async with site(tmp_path, rings_a_while) as here:
        run = here.caller(
            invite(extra="Require: 100rel\n"), receive(100, 'optional="true"'),
            receive(180, 'rrs="true"', grab("rseq", "[0-9]+", "RSeq")),
            pause(800),
            prack, receive(200), receive(200, 'rrs="true"'), request("ACK", 1, role="uac"), bye(3, "uac"),
        )  # fmt: skip
        await ended_well(run)
        assert await here.calls[0].over() == Ended(Ending.THEM)
        assert run.messages().count("SIP/2.0 180 Ringing") >= 2  # again, while there was no PRACK


@pytest.mark.parametrize("named", ["Require", "Supported"])
async def test_row_17_early_media_of_ours_is_acknowledged_before_the_answer(
    tmp_path: Path, named: str
) -> None:
    async def plays_and_answers(call: Call) -> None:
        call.ring(183, reply_to(call))
        call.answer(reply_to(call))  # at once: the 200 waits for the PRACK
        await call.over()

    prack = request("PRACK", 2, extra="RAck: [$rseq] 1 INVITE\n", role="uac")
    async with site(tmp_path, plays_and_answers) as here:
        here.agent.reliability = Reliability.MEDIA
        run = here.caller(
            invite(extra=f"{named}: 100rel\n"), receive(100, 'optional="true"'),
            receive(183, 'rrs="true"', grab("rseq", "[0-9]+", "RSeq")),
            pause(300), prack, receive(200, action=grab("first", "PRACK", "CSeq")),
            receive(200, 'rrs="true"', grab("second", "INVITE", "CSeq")),
            request("ACK", 1, role="uac"), bye(3, "uac"),
        )  # fmt: skip
        await ended_well(run)
        assert await here.calls[0].over() == Ended(Ending.THEM)


# --- Kamailio in the path ---


async def test_row_7_reinvite_update_and_bye_of_ours_follow_the_route_set(tmp_path: Path) -> None:
    steps = (
        called(), timed("uac"), acknowledged(), receive("UPDATE"), ACCEPTED,
        take_reinvite("recvonly", 2), wait_bye(),
    )  # fmt: skip
    async with site(tmp_path, nobody) as here:
        (run,) = await agents(tmp_path, steps)
        with Kamailio.start(tmp_path, {"agent": [run.port]}) as proxy:
            call = through(here, proxy, "agent")
            await call.answered()
            here.jump(45)
            await call.reinvite(HOLD)
            call.hangup()
            await ended_well(run)
            assert passed(run.messages(), proxy) == {"INVITE", "ACK", "UPDATE", "BYE"}


async def test_row_7_a_caller_behind_a_proxy(tmp_path: Path) -> None:
    async def story(call: Call) -> None:
        call.answer(reply_to(call))
        await eventually(lambda: call.session.state.value == "confirmed")
        await call.reinvite(HOLD)
        call.hangup()

    async with site(tmp_path, story) as here:
        with Kamailio.start(tmp_path, {"8000": [here.agent.local.port]}) as proxy:
            steps = (invite(), answered(), take_reinvite("recvonly", 2), wait_bye())
            target = ("127.0.0.1", proxy.port)
            run = Sipp.start(tmp_path, scenario(*steps), target, service="8000", user="caller")
            await ended_well(run)
            assert {"INVITE", "BYE"} <= passed(run.messages(), proxy)


def passed(log: str, proxy: Kamailio) -> set[str]:
    """The methods of the requests in sipp's log that came by way of the proxy; none may have come past it."""
    requests = re.findall(r"received \[\d+\] bytes :\s+(\w+) sip:(.*?)\r?\n\r?\n", log, re.DOTALL)
    assert requests
    for method, head in requests:
        assert re.search(rf"^Via: SIP/2.0/UDP 127.0.0.1:{proxy.port};", head, re.MULTILINE), (method, head)
    return {method for method, _ in requests}


async def test_row_16_a_proxy_forks_and_one_phone_answers(tmp_path: Path) -> None:
    slow = respond(180, "Ringing") + receive("CANCEL") + respond_inside(200, "OK")
    gone = respond(487, "Request Terminated", cseq="CSeq: 1 INVITE", attributes='retrans="500"')
    quick = respond(183, "Session Progress", sdp()) + pause(400) + answer() + acknowledged() + wait_bye()
    heard: list[str] = []
    async with site(tmp_path, nobody) as here:
        loser, winner = await agents(tmp_path, (called(), slow, gone, acknowledged()), (called(), quick))
        with Kamailio.start(tmp_path, {"agent": [loser.port, winner.port]}) as proxy:
            call = through(here, proxy, "agent")
            call.on_progress = lambda progress, moment: heard.append(progress.tag)
            await call.answered()
            await ended_well(loser)
            assert len(set(heard)) == 2
            assert call.session.features.forks.tags == tuple(dict.fromkeys(heard))
            assert call.session.dialog.remote_target.port == winner.port
            call.hangup()
            await ended_well(winner)


async def test_row_16_a_second_answer_is_acknowledged_and_ended() -> None:
    """Both phones pick up in one moment: a forking proxy passes every 2xx on (section 16.7). By hand."""
    async with running(refuse_all) as (agent, proxy, _):
        call = call_out(agent, proxy)
        asked = await proxy.request("INVITE")
        for tag in ("one", "two"):
            proxy.answer(asked, 180, agent, tag=tag, extra=f"Require: 100rel\nRSeq: {len(tag)}")
            prack = await proxy.request("PRACK")
            assert prack.to_address.parameters["tag"] == tag
            proxy.answer(prack, 200, agent)
        proxy.answer(asked, 200, agent, tag="two", body=OFFER)
        await call.answered()
        assert (await proxy.request("ACK")).to_address.parameters["tag"] == "two"
        proxy.answer(asked, 200, agent, tag="one", body=OFFER)
        assert (await proxy.request("ACK")).to_address.parameters["tag"] == "one"
        released = await proxy.request("BYE")
        assert (released.to_address.parameters["tag"], released.cseq.sequence) == ("one", 3)
        proxy.answer(released, 200, agent)
        assert not call.is_over
        call.hangup(str(ELSEWHERE))
        ended = await proxy.request("BYE")
        assert ended.to_address.parameters["tag"] == "two"
        assert reasons(ended) == (ELSEWHERE,)
        proxy.answer(ended, 200, agent)


async def test_row_22_a_loser_learns_that_the_call_was_completed_elsewhere(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), ring(20000), answer())
        await eventually(lambda: call.ringing_at)
        call.hangup(str(ELSEWHERE))
        assert (await call.over()).code == 487
        await ended_well(run)
        assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in run.messages()


@pytest.mark.parametrize("ringing_on_183", [True, False])
async def test_row_17_183_without_180(tmp_path: Path, ringing_on_183: bool) -> None:
    early = respond(183, "Session Progress", sdp())
    seen: list[Progress] = []
    async with site(tmp_path, nobody) as here:
        (run,) = await agents(tmp_path, (called(), early, pause(200), answer(), acknowledged(), wait_bye()))
        with Kamailio.start(tmp_path, {"agent": [run.port]}) as proxy:
            call = through(here, proxy, "agent", ringing_on_183=ringing_on_183)
            call.on_progress = lambda progress, moment: seen.append(progress)
            await call.answered()
            assert [progress.code for progress in seen] == [183]
            assert [*call.early_media.values()] == [seen[0].description]  # for whoever wants to hear it
            assert (call.ringing_at is not None) is ringing_on_183
            call.hangup()
            await ended_well(run)


@pytest.mark.parametrize("ringing_on_183", [True, False])
async def test_row_17_180_after_183_and_several_180(tmp_path: Path, ringing_on_183: bool) -> None:
    ringing = respond(180, "Ringing")
    early = respond(183, "Session Progress", sdp())
    at: list[tuple[int, Moment]] = []
    async with site(tmp_path, nobody) as here:
        steps = (called(), early, pause(200), ringing, pause(200), ringing, pause(200), answer())
        (run,) = await agents(tmp_path, (*steps, acknowledged(), wait_bye()))
        with Kamailio.start(tmp_path, {"agent": [run.port]}) as proxy:
            call = through(here, proxy, "agent", ringing_on_183=ringing_on_183)
            call.on_progress = lambda progress, moment: at.append((progress.code, moment))
            await call.answered()
            assert [code for code, _ in at] == [183, 180, 180]
            assert call.ringing_at is at[0 if ringing_on_183 else 1][1]
            call.hangup()
            await ended_well(run)


async def test_row_18_a_dead_dialog_is_noticed_by_its_481(tmp_path: Path) -> None:
    gone = receive("UPDATE") + respond_inside(481, "Call/Transaction Does Not Exist")
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), timed("uac"), acknowledged(), gone, receive("BYE"))
        await call.answered()
        here.jump(45)
        assert (await call.over()).by is Ending.SILENCE
        with pytest.raises(StateError):
            await call.reinvite(HOLD)
        await ended_well(run)
