"""A browser on a seeded day, for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.browser import Site, console, served, start_chrome


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    driver = start_chrome()
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Chrome) -> Iterator[Chrome]:
    """The browser, with nothing in its console before or after the test."""
    console(chrome)
    yield chrome
    complaints = [entry["message"] for entry in console(chrome)]
    chrome.get("about:blank")
    assert complaints == []
