"""Transfers by other people's phones at a whole service (SIP_CASES rows 1, 19, 23 and 26)."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.demo.phones.scenarios import (
    REPLACES,
    acknowledged,
    answer,
    answered,
    bye,
    called,
    consult,
    pause,
    receive,
    refer,
    refuse,
    reinvite,
    request,
    ring,
    wait_bye,
)
from tests.interop.peers import nudged
from tests.phones import Phones
from tests.service import PASSWORD, RunningService, TestDesk
from tests.support import wait_for

TALKS = (called(), ring(300), answer(), acknowledged(), pause(200))
"""An agent or a target that answers."""


def parties(call: dict[str, Any]) -> list[tuple[str, str]]:
    return [(leg["role"], leg["party"]) for leg in call["legs"]]


def consultation(service: RunningService, caller: str) -> dict[str, Any]:
    """The call that `caller` made to ask the target."""
    items = service.get("calls", size=100)["items"]
    (call,) = [item for item in items if item["caller"] == caller]
    return dict(call)


# --- sipp ---


def test_row_19_refer_blind(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    target = phones.agent(desk.other, *TALKS, wait_bye())
    agent = phones.agent(desk.first, *TALKS, pause(300), refer(1, f"<sip:{desk.other}@[remote_ip]>"), bye(2))
    caller = phones.caller(desk.number, answered(2), pause(3500), bye(3, "uac"))
    for phone in (agent, caller, target):
        phone.succeeded()
    notified = agent.messages()
    assert [text in notified for text in ("SIP/2.0 100 Trying", "SIP/2.0 180 Ringing")] == [True, True]
    assert "terminated;reason=noresource" in notified
    call = service.ended_call(desk)
    assert (call["outcome"], call["transfer_to"], call["hung_up_by"]) == ("answered", desk.other, "caller")
    assert [role for role, _ in parties(call)] == ["caller", "agent", "target"]


def test_row_19_refer_blind_the_transferor_waits_for_our_bye(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    target = phones.agent(desk.other, *TALKS, wait_bye())
    steps = (*TALKS, refer(1, f"<sip:{desk.other}@[remote_ip]>"), wait_bye())
    agent = phones.agent(desk.first, *steps)
    caller = phones.caller(desk.number, answered(2), pause(4000), bye(3, "uac"))
    for phone in (agent, caller, target):
        phone.succeeded()
    assert service.ended_call(desk)["outcome"] == "answered"


def test_row_19_refer_attended(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    target = phones.agent(desk.other, *TALKS, wait_bye())
    to = f"<sip:{desk.other}@[remote_ip]{REPLACES}>"
    steps = (
        *(*TALKS, pause(200), reinvite(1, "sendonly", 2), consult(desk.other, desk.first, PASSWORD)),
        *(pause(500), refer(2, to), wait_bye()),
    )
    agent = phones.agent(desk.first, *steps)
    caller = phones.caller(desk.number, answered(2), pause(4000), bye(3, "uac"))
    for phone in (agent, caller, target):
        phone.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["transfer_to"], call["hung_up_by"]) == ("answered", desk.other, "caller")
    assert [role for role, _ in parties(call)] == ["caller", "agent", "target"]
    assert len(call["holds"]) == 1
    second = consultation(service, desk.first)
    assert (second["outcome"], second["line"]) == ("answered", "internal")


def test_row_19_refer_to_busy(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    target = phones.agent(desk.other, called(), refuse(486, "Busy Here"))
    next_one = phones.agent(desk.second, *TALKS, wait_bye())
    agent = phones.agent(desk.first, *TALKS, refer(1, f"<sip:{desk.other}@[remote_ip]>"), bye(2))
    caller = phones.caller(desk.number, answered(2), pause(16000), bye(3, "uac"))
    for phone in (agent, target):
        phone.succeeded()
    assert "SIP/2.0 486 Busy Here" in agent.messages()
    agent.stop()  # nobody answers at the first agent's phone: the second takes the caller back
    for phone in (caller, next_one):
        phone.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")
    assert [prompt["prompt"] for prompt in call["announcements"]] == ["busy-to-desk"]


@pytest.mark.parametrize(("number", "status"), [("777", 404), (None, 480)], ids=["unknown", "unregistered"])
def test_row_19_refer_to_nobody(
    service: RunningService, desk: TestDesk, phones: Phones, number: str | None, status: int
) -> None:
    next_one = phones.agent(desk.second, *TALKS, wait_bye())
    agent = phones.agent(desk.first, *TALKS, refer(1, f"<sip:{number or desk.other}@[remote_ip]>"), bye(2))
    caller = phones.caller(desk.number, answered(2), pause(18000), bye(3, "uac"))
    agent.succeeded()
    assert f"SIP/2.0 {status} " in agent.messages()
    for phone in (caller, next_one):
        phone.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")


def test_row_26_bye_right_after_the_202(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    target = phones.agent(desk.other, called(), ring(1500), answer(), acknowledged(), wait_bye())
    headers = f"Refer-To: <sip:{desk.other}@[remote_ip]>\n"
    late = receive("NOTIFY", 'optional="true"') + receive(200)
    steps = (
        *TALKS,
        request("REFER", 1, extra=headers) + receive(202),
        request("BYE", 2) + late,
        receive("NOTIFY", 'optional="true" timeout="300" ontimeout="end"'),
    )
    agent = phones.agent(desk.first, *steps)
    caller = phones.caller(desk.number, answered(2), pause(4000), bye(3, "uac"))
    for phone in (caller, target):
        phone.succeeded()
    agent.stop()
    call = service.ended_call(desk)
    assert (call["outcome"], call["transfer_to"], call["hung_up_by"]) == ("answered", desk.other, "caller")


def test_row_26_the_caller_leaves_while_the_target_rings(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    target = phones.agent(desk.other, called(), ring(20000), answer(), acknowledged(), wait_bye())
    agent = phones.agent(desk.first, *TALKS, refer(1, f"<sip:{desk.other}@[remote_ip]>"), wait_bye())
    caller = phones.caller(desk.number, answered(2), nudged(), bye(3, "uac"))
    wait_for(lambda: "SIP/2.0 180 Ringing" in target.messages(), 20, message="the target does not ring")
    caller.nudge()
    caller.succeeded()
    target.succeeded()  # it was cancelled
    agent.succeeded()  # it was told, then hung up
    assert "SIP/2.0 487 " in agent.messages()
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")


def test_row_26_the_target_rings_for_ever(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    target = phones.agent(desk.other, called(), ring(20000), answer(), acknowledged(), wait_bye())
    next_one = phones.agent(desk.second, *TALKS, wait_bye())
    agent = phones.agent(desk.first, *TALKS, refer(1, f"<sip:{desk.other}@[remote_ip]>"), bye(2))
    caller = phones.caller(desk.number, answered(2), pause(20000), bye(3, "uac"))
    for phone in (target, agent, next_one, caller):
        phone.succeeded()
    call = service.ended_call(desk)
    assert [prompt["prompt"] for prompt in call["announcements"]] == ["no-answer-to-desk"]


def test_row_23_the_caller_hangs_up_on_hold(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    agent = phones.agent(desk.first, *TALKS, reinvite(1, "sendonly", 2), wait_bye())
    caller = phones.caller(desk.number, answered(2), nudged(), bye(3, "uac"))
    wait_for(lambda: any(call["holds"] for call in service.calls(desk)), 20, message="no hold")
    caller.nudge()
    caller.succeeded()
    agent.succeeded()
    call = service.ended_call(desk)
    assert (call["hung_up_by"], len(call["holds"])) == ("caller", 1)
    assert call["holds"][0]["ended_at"] is not None


def test_row_23_the_caller_hangs_up_in_the_prompt(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    target = phones.agent(desk.other, called(), refuse(486, "Busy Here"))
    agent = phones.agent(desk.first, *TALKS, refer(1, f"<sip:{desk.other}@[remote_ip]>"), bye(2))
    caller = phones.caller(desk.number, answered(2), nudged(), bye(3, "uac"))
    for phone in (target, agent):
        phone.succeeded()  # the transferor was told, and from then on the caller hears the prompt
    caller.nudge()
    caller.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")
    assert len(call["legs"]) == 3


def test_row_1_refer_from_outside_is_forbidden(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    agent = phones.agent(desk.first, *TALKS, wait_bye())
    forbidden = request("REFER", 3, extra="Refer-To: <sip:1@[remote_ip]>\n", role="uac") + receive(403)
    phones.caller(desk.number, answered(2), pause(200), forbidden, bye(4, "uac")).succeeded()
    agent.succeeded()


def test_row_26_the_target_is_dead(service: RunningService, desk: TestDesk, phones: Phones) -> None:
    """Its phone is registered, and answers nothing at all; the transferor is gone as well."""
    phones.agent(desk.other, called()).stop()
    next_one = phones.agent(desk.second, *TALKS, wait_bye())
    late = receive("NOTIFY", 'optional="true"') + receive(200)
    gone = request("REFER", 1, extra=f"Refer-To: <sip:{desk.other}@[remote_ip]>\n") + receive(202)
    agent = phones.agent(desk.first, *TALKS, gone, request("BYE", 2) + late)
    caller = phones.caller(desk.number, answered(2), pause(20000), bye(3, "uac"))
    agent.wait()
    for phone in (caller, next_one):
        phone.succeeded()
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")
    assert [prompt["prompt"] for prompt in call["announcements"]] == ["no-answer-to-desk"]
