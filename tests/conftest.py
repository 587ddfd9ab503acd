"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.dealing import deal
from tests.phones import Phones
from tests.service import RunningService, TestDesk, running_service

# A busy machine is slow: how long an example takes says nothing of whether it is right.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = deal(items, hands, lambda item: item.nodeid)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service for all the tests of a worker that do not harm it."""
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def desk(service: RunningService) -> TestDesk:
    """A desk that no other test uses."""
    return service.take_desk()


@pytest.fixture
def phones(tmp_path: Path, service: RunningService) -> Iterator[Phones]:
    """sipp phones at the service."""
    made = Phones(tmp_path, service)
    yield made
    made.stop()
