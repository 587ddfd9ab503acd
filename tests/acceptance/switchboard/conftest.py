"""What the tests of several rules share."""

from __future__ import annotations

import os

import pytest

from tests.acceptance.switchboard.said import Said


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What was said in dialogues, for all workers of pytest-xdist."""
    folder = tmp_path_factory.getbasetemp()
    return Said(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
