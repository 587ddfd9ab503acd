"""Our user agent alone against sipp, as callee and caller: the rows of SIP_CASES without a call centre."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    cancel,
    invite,
    pause,
    progress,
    receive,
    refuse,
    refused,
    reinvite,
    respond,
    ring,
    sdp,
    wait_bye,
)
from sip.aio.call import Call, CallFailed
from sip.effects import Ended, Ending, Offered
from sip.moment import Moment
from sip.sdp import Description
from sip.sdp import answer as sdp_answer
from sip.transactions import T1
from tests.interop.site import (
    OFFER,
    answer_and_hang_up,
    ended_well,
    nobody,
    reply_to,
    ring_and_answer,
    ring_for_ever,
    site,
)
from tests.support import eventually, scaled

# --- sipp calls us ---


async def test_a_call_is_answered_and_ended_by_the_caller(tmp_path: Path) -> None:
    async with site(tmp_path, ring_and_answer) as here:
        await ended_well(here.caller(invite(), answered(), pause(100), bye(2, "uac")))
        assert await here.calls[0].over() == Ended(Ending.THEM)


async def test_a_call_is_ended_by_the_callee(tmp_path: Path) -> None:
    async with site(tmp_path, answer_and_hang_up) as here:
        await ended_well(here.caller(invite(), answered(), wait_bye()))
        assert await here.calls[0].over() == Ended(Ending.US)


@pytest.mark.parametrize("code", [404, 480, 486, 488, 503, 603])
async def test_a_call_is_refused(tmp_path: Path, code: int) -> None:
    async def story(call: Call) -> None:
        call.reject(code)

    async with site(tmp_path, story) as here:
        await ended_well(here.caller(invite(), progress(), refused(code)))
        assert await here.calls[0].over() == Ended(Ending.US, code)


async def test_a_cancel_before_the_answer(tmp_path: Path) -> None:
    """Row 2."""

    async with site(tmp_path, ring_for_ever) as here:
        await ended_well(here.caller(invite(), cancel(200)))
        assert await here.calls[0].over() == Ended(Ending.THEM, 487)


async def test_hold_and_resume_three_times(tmp_path: Path) -> None:
    """Row 3."""
    directions: list[str] = []

    def reply(offered: Offered, moment: Moment) -> bytes | int:
        assert offered.description is not None
        ours, agreed = sdp_answer(offered.description, "127.0.0.1", 4000)
        directions.append(ours.media[0].direction.value)
        assert agreed.sends == (ours.media[0].direction.value == "sendrecv")
        return bytes(ours)

    async def story(call: Call) -> None:
        call.on_offer = reply
        call.answer(reply_to(call))
        await call.over()

    wishes = ["sendonly", "sendrecv", "inactive", "sendrecv", "sendonly", "sendrecv"]
    steps = [reinvite(n, wish, n, role="uac") for n, wish in enumerate(wishes, 2)]
    async with site(tmp_path, story) as here:
        await ended_well(here.caller(invite(), answered(), *steps, bye(8, "uac")))
        assert directions == ["recvonly", "sendrecv", "inactive", "sendrecv", "recvonly", "sendrecv"]
        assert len(here.calls) == 1


async def test_a_retransmitted_invite_after_the_answer(tmp_path: Path) -> None:
    """Row 4: the same 200 again, no second session."""
    async with site(tmp_path, ring_and_answer) as here:
        run = here.caller(invite(), answered(), invite(), receive(200), bye(2, "uac"))
        await ended_well(run)
        received = [part for part in run.messages().split("-----------") if "message received" in part]
        accepted = [part for part in received if "200 OK" in part and "CSeq: 1 INVITE" in part]
        assert len(accepted) >= 2
        assert len(here.calls) == 1


async def test_no_ack(tmp_path: Path) -> None:
    """Row 5."""
    async with site(tmp_path, ring_and_answer) as here:
        run = here.caller(invite(), progress(), receive(200, 'rrs="true"'), wait_bye())
        await eventually(lambda: run.messages().count("SIP/2.0 200 OK") >= 2)
        here.jump(64 * T1)
        await ended_well(run)
        assert await here.calls[0].over() == Ended(Ending.SILENCE, None, "no ACK came")


async def test_a_record_route_is_followed_by_the_callee(tmp_path: Path) -> None:
    """Row 7."""

    async def story(call: Call) -> None:
        call.answer(reply_to(call))
        await eventually(lambda: call.session.state.value == "confirmed")
        call.hangup()

    extra = "Record-Route: <sip:[local_ip]:[local_port];lr;at=sipp>\n"
    async with site(tmp_path, story) as here:
        run = here.caller(invite(extra=extra), answered(), wait_bye())
        await ended_well(run)
        assert f"\nRoute: <sip:127.0.0.1:{run.port};lr;at=sipp>" in run.messages().replace("\r", "")


async def test_an_invite_without_sdp(tmp_path: Path) -> None:
    """Row 15: our offer in the 200, the answer in the ACK."""

    async def story(call: Call) -> None:
        call.answer(OFFER)
        await call.over()

    empty = invite(body="\n")
    ack = answered().replace(
        "Content-Length: [len]\n", f"Content-Type: application/sdp\nContent-Length: [len]\n{sdp()}"
    )
    async with site(tmp_path, story) as here:
        await ended_well(here.caller(empty, ack, pause(100), bye(2, "uac")))
        assert here.calls[0].remote is not None
        assert here.calls[0].remote.audio is not None


# --- we call sipp ---


async def test_our_call_is_answered_and_ended_by_us(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), ring(200), answer(), acknowledged(), wait_bye())
        assert isinstance(await call.answered(), Description)
        assert call.ringing_at is not None
        assert call.answered_at is not None
        assert 0.15 < call.answered_at.since(call.ringing_at) < scaled(1)
        call.hangup()
        await ended_well(run)


async def test_our_call_is_ended_by_them(tmp_path: Path) -> None:
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), ring(100), answer(), acknowledged(), pause(100), bye(1))
        await call.answered()
        await ended_well(run)
        assert await call.over() == Ended(Ending.THEM)


@pytest.mark.parametrize("code", [404, 408, 480, 486, 488, 503, 603])
async def test_our_call_is_refused(tmp_path: Path, code: int) -> None:
    """Row 8."""
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), refuse(code, "Refused"))
        with pytest.raises(CallFailed) as caught:
            await call.answered()
        assert caught.value.ended == Ended(Ending.THEM, code, "Refused")
        await ended_well(run)


async def test_our_call_is_not_answered(tmp_path: Path) -> None:
    """Row 9."""
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), ring(20000), answer(), acknowledged(), wait_bye())
        await eventually(lambda: call.ringing_at)
        call.hangup()
        await ended_well(run)
        assert (await call.over()).code == 487


async def test_a_200_that_crosses_our_cancel(tmp_path: Path) -> None:
    """Row 9: ACK, then BYE."""
    crossing = (
        called()
        + respond(180, "Ringing")
        + receive("CANCEL")
        + respond(200, "OK", sdp(), cseq="CSeq: 1 INVITE", attributes='retrans="500"')
        + acknowledged()
        + wait_bye()
    )
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(crossing)
        await eventually(lambda: call.ringing_at)
        call.hangup()
        await ended_well(run)
        assert await call.over() == Ended(Ending.US, 487)


async def test_a_record_route_is_followed_by_the_caller(tmp_path: Path) -> None:
    """Row 7."""
    extra = "Record-Route: <sip:[local_ip]:[local_port];lr;at=sipp>\n"
    async with site(tmp_path, nobody) as here:
        run, call = await here.callee(called(), answer(extra=extra), acknowledged(), wait_bye())
        await call.answered()
        call.hangup()
        await ended_well(run)
        text = run.messages().replace("\r", "")
        assert text.count(f"\nRoute: <sip:127.0.0.1:{run.port};lr;at=sipp>") == 2  # ACK and BYE
