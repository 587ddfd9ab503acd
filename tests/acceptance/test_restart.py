"""kill -9 of the switchboard: its phones are found again without having to register."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import Session, create_engine, select

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    ring,
    wait_bye,
)
from callcenter.store.tables import Registration
from tests.phones import Phones
from tests.service import RunningService, TestDesk, running_service
from tests.support import scaled, wait_for


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of this module's own: its switchboard is killed."""
    with running_service(tmp_path_factory.mktemp("restart")) as running:
        yield running


def kept(service: RunningService) -> list[str]:
    engine = create_engine(f"sqlite:///{service.folder / 'data' / 'callcenter.db'}")
    with Session(engine) as session:
        users = list(session.exec(select(Registration.user)))
    engine.dispose()
    return users


def test_a_call_reaches_a_phone_that_registered_before_the_switchboard_was_killed(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    agent = phones.agent(desk.first, called(), ring(300), answer(), acknowledged(), wait_bye())
    wait_for(lambda: desk.first in kept(service), 10, message="the registration was not kept")
    service.kill("switchboard")
    # sipp repeats its INVITE until the new switchboard hears it; the phone does not register again.
    phones.caller(desk.number, answered(2), pause(500), bye(3, "uac")).succeeded()
    agent.succeeded()
    call = service.ended_call(desk)
    assert call["outcome"] == "answered"
    assert [leg["party"] for leg in call["legs"] if leg["answered_at"]][-1] == desk.first
    assert call["wait_seconds"] < scaled(2.0)  # at once: nothing had to be waited for
    assert service.log.count("registrations restored count=1") == 1
