"""Transfers by baresip and linphone: who hears whom before and after (SIP_CASES rows 19 and 26)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callcenter.demo.phones.phone import Ports
from tests.interop.drive import Baresip, Driven, Linphone, hears
from tests.service import PASSWORD, RunningService, TestDesk
from tests.support import wait_for

CALLER, AGENT, TARGET = 440, 1000, 2000
"""The tone that each party plays, in Hz."""

Make = Callable[..., Baresip]


@pytest.fixture
def running() -> Iterator[list[Driven]]:
    phones: list[Driven] = []
    yield phones
    for phone in phones:
        phone.stop()


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports()


@pytest.fixture
def baresip(tmp_path: Path, service: RunningService, ports: Ports, running: list[Driven]) -> Make:
    def make(user: str, hertz: int, *, auto: bool = True) -> Baresip:
        phone = Baresip(tmp_path, user, PASSWORD, service.sip, hertz, ports, auto=auto)
        running.append(phone)
        return phone

    return make


@pytest.fixture
def target(desk: TestDesk, baresip: Make) -> Baresip:
    return baresip(desk.second, TARGET)


@pytest.fixture
def caller(desk: TestDesk, baresip: Make) -> Baresip:
    """An extension, so that it hears; to the desk it is a caller like any other."""
    return baresip(desk.other, CALLER)


def uri(service: RunningService, number: str) -> str:
    return f"sip:{number}@{service.sip[0]}:{service.sip[1]}"


def ended(service: RunningService, desk: TestDesk) -> None:
    call = service.ended_call(desk)
    assert (call["outcome"], call["hung_up_by"], call["transfer_to"]) == ("answered", "caller", desk.second)
    assert [(leg["role"], leg["party"]) for leg in call["legs"]] == [
        ("caller", desk.other),
        ("agent", desk.first),
        ("target", desk.second),
    ]


def test_row_19_baresip_transfers_blind(
    service: RunningService, desk: TestDesk, baresip: Make, caller: Baresip, target: Baresip
) -> None:
    agent = baresip(desk.first, AGENT)
    caller.do(f"dial {uri(service, desk.number)}")
    hears(caller.heard(1), AGENT)
    hears(agent.heard(1), CALLER)
    agent.do(f"transfer {uri(service, desk.second)}")
    hears(caller.heard(1), TARGET)
    hears(target.heard(1), CALLER)
    agent.wait("CALL_CLOSED")
    caller.do("hangup")
    target.wait("CALL_CLOSED")
    ended(service, desk)


def test_row_19_baresip_transfers_attended(
    service: RunningService, desk: TestDesk, baresip: Make, caller: Baresip, target: Baresip
) -> None:
    agent = baresip(desk.first, AGENT)
    caller.do(f"dial {uri(service, desk.number)}")
    hears(caller.heard(1), AGENT)
    agent.do("hold")
    agent.wait('"verb": "hold"')
    agent.do(f"dial {uri(service, desk.second)}")
    hears(agent.heard(2), TARGET)
    hears(target.heard(1), AGENT)
    agent.do("attended")
    hears(caller.heard(1), TARGET)
    hears(target.heard(1), CALLER)
    agent.wait("CALL_CLOSED", 2)
    caller.do("hangup")
    target.wait("CALL_CLOSED")
    ended(service, desk)


def test_row_19_linphone_transfers_attended(
    service: RunningService,
    desk: TestDesk,
    tmp_path: Path,
    ports: Ports,
    running: list[Driven],
    caller: Baresip,
    target: Baresip,
) -> None:
    agent = Linphone(tmp_path, desk.first, PASSWORD, service.sip, AGENT, ports)
    running.append(agent)
    caller.do(f"dial {uri(service, desk.number)}")
    caller.wait("CALL_RINGING")
    agent.do("answer")
    hears(caller.heard(1), AGENT)
    agent.do("pause 1")
    wait_for(lambda: service.calls(desk)[-1]["holds"], message="linphone does not hold")
    agent.do(f"call {uri(service, desk.second)}")
    hears(target.heard(1), AGENT)
    agent.do("transfer 1 --to-call 2")
    hears(caller.heard(1), TARGET)
    hears(target.heard(1), CALLER)
    caller.do("hangup")
    target.wait("CALL_CLOSED")
    ended(service, desk)


def test_row_19_linphone_transfers_blind(
    service: RunningService,
    desk: TestDesk,
    tmp_path: Path,
    ports: Ports,
    running: list[Driven],
    caller: Baresip,
    target: Baresip,
) -> None:
    agent = Linphone(tmp_path, desk.first, PASSWORD, service.sip, AGENT, ports)
    running.append(agent)
    caller.do(f"dial {uri(service, desk.number)}")
    caller.wait("CALL_RINGING")
    agent.do("answer")
    hears(caller.heard(1), AGENT)
    agent.do(f"transfer 1 {uri(service, desk.second)}")
    hears(caller.heard(1), TARGET)
    hears(target.heard(1), CALLER)
    caller.do("hangup")
    target.wait("CALL_CLOSED")
    ended(service, desk)
