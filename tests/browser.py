"""A served and seeded day, and Chromium to look at it with."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from sqlalchemy import Engine
from sqlmodel import Session

from callcenter.domain.cloudevents import jsonable
from callcenter.settings import Settings
from callcenter.store.calls import save_call
from callcenter.store.engine import make_engine
from callcenter.switchboard.snapshot import Now
from callcenter.web import role
from callcenter.web.hub import LiveHub
from frontend.build import build
from tests.live_state import snapshot
from tests.seed import Script, facts_of, seed, seed_settings
from tests.support import scaled, wait_for

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1360,1000",
            "--autoplay-policy=no-user-gesture-required", "--mute-audio")  # fmt: skip


@dataclass
class Asked:
    """A switchboard that does whatever it is told, and keeps what that was."""

    commands: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def request(self, name: str, args: dict[str, Any], timeout: float) -> dict[str, Any]:  # noqa: ASYNC109
        self.commands.append((name, args))
        return {}


@dataclass
class Site:
    """A web role in a thread of its own, and what it reads."""

    address: str
    settings: Settings
    engine: Engine
    hub: LiveHub
    loop: asyncio.AbstractEventLoop
    asked: Asked
    states: int = 0

    def publish(self, call_id: str) -> None:
        """An event as the broker would bring it."""
        self.tell({"id": call_id, "type": "callcenter.call.ringing.v1", "subject": call_id})

    def tell(self, event: Mapping[str, Any]) -> None:
        """Any event."""
        self.loop.call_soon_threadsafe(self.hub.publish, dict(event))

    def show(self, now: Now) -> None:
        """The switchboard's live state."""
        self.states += 1
        state = jsonable({**snapshot("node-1", now), "seq": self.states, "since": "2026-11-22T00:00:00Z"})
        self.loop.call_soon_threadsafe(self.hub.status, "switchboard", {"state": "online"})
        self.loop.call_soon_threadsafe(self.hub.live, "node-1", state)

    def ring(self, call_id: str, seconds_ago: float) -> None:
        """A call that has been ringing for so long."""
        script = Script(call_id, seconds_ago, "13600009999", answered=False, ring=seconds_ago, outcome=None)
        with Session(self.engine) as session:
            save_call(session, facts_of(script, datetime.now(UTC) + timedelta(seconds=0.4)), "main", "seed")
            session.commit()
        self.publish(call_id)


@contextlib.contextmanager
def served(data: Path) -> Iterator[Site]:
    """The site while the block lasts."""
    build()
    settings = seed_settings(data, http={"listen": "127.0.0.1:0"})
    engine = make_engine(settings.database_url)
    seed(engine, settings, datetime.now(UTC), filler=30, live=False)
    hub, asked = LiveHub(), Asked()
    hub.connected = True
    started: dict[str, Any] = {}

    async def serve() -> None:
        started["loop"], started["stop"] = asyncio.get_running_loop(), asyncio.Event()

        def ready(address: str) -> None:
            started["address"] = address

        await role.run(settings, engine, asked, hub, started["stop"], on_ready=ready)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="web")
    thread.start()
    wait_for(lambda: "address" in started, 20, message="the web role did not start")
    yield Site(started["address"], settings, engine, hub, started["loop"], asked)
    started["loop"].call_soon_threadsafe(started["stop"].set)
    thread.join(scaled(20))
    assert not thread.is_alive()
    engine.dispose()


def start_chrome() -> Chrome:
    """A browser without a window."""
    options = Options()
    options.binary_location = CHROMIUM
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(options=options, service=Service(DRIVER))


def console(chrome: Chrome) -> list[dict[str, Any]]:
    """What its pages have complained of since the last time."""
    entries: list[dict[str, Any]] = chrome.get_log("browser")  # type: ignore[no-untyped-call]
    return entries


def one(browser: Chrome, selector: str) -> WebElement:
    """The first such element, once there is one."""
    return wait_for(
        lambda: next(iter(browser.find_elements(By.CSS_SELECTOR, selector)), None), message=selector
    )


def click(browser: Chrome, selector: str) -> None:
    """Clicks the first such element, once there is one: the page may draw it anew in between."""

    def clicked() -> bool:
        try:
            one(browser, selector).click()
        except StaleElementReferenceException:
            return False
        return True

    wait_for(clicked, message=selector)


def script(browser: Chrome, text: str, *arguments: Any) -> Any:
    """What an expression comes to in the page."""
    return browser.execute_script(f"return {text}", *arguments)
