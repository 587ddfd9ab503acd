"""sipp as phone and as caller of a whole service: what happens, and what is on record afterwards.

sipp registers, calls, is called, cancels, is busy, does not answer (the last line of SIP_CASES' interop).
"""

from __future__ import annotations

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
    cancel,
    pause,
    play,
    progress,
    refuse,
    refused,
    reinvite,
    ring,
    scenario,
    wait_bye,
)
from tests.interop.peers import Sipp
from tests.phones import CALLER, Phones, hum
from tests.service import PASSWORD, RunningService, TestDesk
from tests.support import wait_for


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hum(tmp_path_factory.mktemp("tone"))


def agent_leg(call: dict[str, Any], number: str) -> dict[str, Any]:
    legs = [leg for leg in call["legs"] if leg["party"] == number]
    assert len(legs) == 1, call["legs"]
    leg: dict[str, Any] = legs[0]
    return leg


def test_sipp_is_called_answers_and_the_caller_hangs_up(
    service: RunningService, desk: TestDesk, phones: Phones, tone: Path
) -> None:
    agent = phones.agent(desk.first, called(), ring(1000), answer(), acknowledged(), play(tone), wait_bye())
    caller = phones.caller(desk.number, answered(2), play(tone), pause(1500), bye(3, "uac"))
    caller.succeeded()
    agent.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["direction"], call["line"]) == ("answered", "inbound", "external")
    assert call["caller"] == CALLER
    assert call["hung_up_by"] == "caller"
    leg = agent_leg(call, desk.first)
    assert leg["rings"] == 1
    assert leg["verdict"] == call["three_rings"] == "pass"
    assert 0.9 < leg["ring_seconds"] < 2
    assert leg["final_status"] == 200
    assert leg["codec"] == "PCMA"
    assert leg["bound"] == 3
    assert 1.0 < call["talk_seconds"] < 4
    assert call["record"] is not None
    recording = service.http.get(f"/api/v1/calls/{call['id']}/recording")
    assert recording.status_code == 200
    assert recording.content[:4] == b"RIFF"
    url = f"/api/v1/calls/{call['id']}"
    file = wait_for(lambda: service.http.get(url).json()["recording"]["file"], 20, message="no stereo file")
    assert service.http.get(file["url"]).content[:4] == b"fLaC"
    assert abs(file["duration_seconds"] - call["talk_seconds"]) < 0.5 and file["missing"] is None


def test_the_caller_cancels_while_it_rings(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    agent = phones.agent(desk.first, called(), ring(20000), answer(), acknowledged(), wait_bye())
    phones.caller(desk.number, cancel(1000, 2)).succeeded()
    agent.succeeded()  # it got the CANCEL: the answer after it was never reached
    call = service.ended_call(desk)
    assert call["outcome"] == "abandoned"
    assert call["hung_up_by"] == "caller"
    assert call["three_rings"] == "not_applicable"
    leg = agent_leg(call, desk.first)
    assert leg["final_status"] == 487
    assert leg["ended_at"] is not None
    assert call["recording"] is None


def test_a_busy_agent_is_passed_over_for_the_next(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    busy = phones.agent(desk.first, called(), refuse(486, "Busy Here"))
    free = phones.agent(desk.second, called(), ring(500), answer(), acknowledged(), wait_bye())
    phones.caller(desk.number, answered(2), pause(500), bye(3, "uac")).succeeded()
    busy.succeeded()
    free.succeeded()
    call = service.ended_call(desk)
    assert call["outcome"] == "answered"
    assert agent_leg(call, desk.first)["final_status"] == 486
    assert agent_leg(call, desk.second)["answered_at"] is not None


def test_everybody_busy(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    for number in (desk.first, desk.second):
        phones.agent(number, called(), refuse(486, "Busy Here"))
    phones.caller(desk.number, progress(), refused(486, 2)).succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["three_rings"]) == ("busy", "fail")


def test_nobody_answers_and_each_phone_rings_for_the_desks_time(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    agents = [
        phones.agent(number, called(), ring(20000), answer(), acknowledged(), wait_bye())
        for number in (desk.first, desk.second)
    ]
    phones.caller(desk.number, progress(), refused(480, 2)).succeeded()
    for agent in agents:
        agent.succeeded()  # each was cancelled
    call = service.ended_call(desk)
    assert (call["outcome"], call["three_rings"]) == ("no_answer", "fail")
    for number in (desk.first, desk.second):
        assert abs(agent_leg(call, number)["ring_seconds"] - 3.0) < 0.25
    # The caller heard it ring from the first phone's 180 on, across both.
    assert 5.9 < call["ring_seconds"] < 7.0
    assert call["legs"][0]["ring_seconds"] == pytest.approx(call["ring_seconds"], abs=0.05)


REFUSALS = {
    603: (603, "rejected"),
    480: (480, "no_answer"),
    404: (480, "failed"),
    408: (480, "failed"),
    488: (480, "failed"),
    503: (480, "failed"),
}
"""By the agent's status: what the caller is answered, and the call's outcome."""


@pytest.mark.parametrize("code", REFUSALS)
def test_refusals_are_outcomes_of_their_own(
    service: RunningService, desk: TestDesk, phones: Phones, code: int
) -> None:
    final, outcome = REFUSALS[code]
    phones.agent(desk.first, called(), refuse(code, "No"))
    phones.caller(desk.number, progress(), refused(final, 2)).succeeded()
    call = service.ended_call(desk)
    assert call["outcome"] == outcome
    assert agent_leg(call, desk.first)["final_status"] == code


def test_nobody_is_registered(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    phones.caller(desk.number, progress(), refused(480, 2)).succeeded()
    assert service.ended_call(desk)["outcome"] == "failed"


def test_the_agent_hangs_up_first(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    phones.agent(desk.first, called(), ring(300), answer(), acknowledged(), pause(500), bye(1))
    phones.caller(desk.number, answered(2), wait_bye()).succeeded()
    assert service.ended_call(desk)["hung_up_by"] == "agent"


def test_the_agent_holds_and_resumes(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    steps = [called(), ring(300), answer(), acknowledged(), pause(300)]
    steps += [reinvite(1, "sendonly", 2), pause(1000), reinvite(2, "sendrecv", 3), pause(300), bye(3)]
    phones.agent(desk.first, *steps)
    phones.caller(desk.number, answered(2), wait_bye()).succeeded()
    call = service.ended_call(desk)
    assert call["hold_seconds"] == pytest.approx(1.0, abs=0.3)
    assert len(call["holds"]) == 1


def test_an_unknown_number_is_refused(service: RunningService, tmp_path: Path) -> None:
    text = scenario(authenticated_invite("1000", PASSWORD), progress(), refused(404, 2))
    Sipp.start(tmp_path, text, service.sip, service="777", user="1000", login=("1000", PASSWORD)).succeeded()


def test_a_wrong_password_is_refused(service: RunningService, tmp_path: Path) -> None:
    text = scenario(authenticated_invite("1000", "wrong"), progress(), refused(401, 2))
    Sipp.start(tmp_path, text, service.sip, service="9000", user="1000", login=("1000", "wrong")).succeeded()
