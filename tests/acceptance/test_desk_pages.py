"""The wallboard, the agent's page and the callbacks in a real browser, on live states as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from callcenter.domain.calls import CallFacts, HoldFacts, Outcome, WaitFacts, WaitKind
from callcenter.store import callbacks
from callcenter.store.callbacks import Teller
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.switchboard.snapshot import AgentNow, Held, Now, QueueNow, Waiting
from tests.browser import Site, click, one, script
from tests.support import wait_for
from tests.unit.store.facts import answered, call

READY = AgentNow("8001", "李敏", "agent", True, "ready", desks=("front",))


def now() -> datetime:
    return datetime.now(UTC)


def ago(seconds: float) -> datetime:
    return now() - timedelta(seconds=seconds)


def ringing(id: str, seconds: float) -> CallFacts:
    facts = call(id, started_at=ago(seconds + 1), first_ringing_at=ago(seconds))
    legs = (facts.legs[0], replace(facts.legs[1], ringing_at=ago(seconds)))
    return replace(facts, legs=legs)


def talking(id: str, held_for: float | None = None) -> CallFacts:
    facts = answered(id, started_at=ago(90), first_ringing_at=ago(80), answered_at=ago(70), holds=())
    if held_for is None:
        return facts
    return replace(facts, holds=(HoldFacts(f"{id}-agent", ago(held_for)),))


def choose(site: Site, browser: Chrome, number: str, page: str) -> None:
    browser.get(site.address + page)
    one(browser, "html.scripted")
    Select(one(browser, ".me select")).select_by_value(number)
    wait_for(lambda: (browser.get_cookie("extension") or {}).get("value") == number)
    browser.get(site.address + page)
    one(browser, "#link-state:not([hidden])")
    wait_for(lambda: site.hub.listeners > 0)


def state_of(site: Site, id: int) -> str:
    with session(site.engine) as work:
        return callbacks.get(work, id).state


@pytest.fixture(autouse=True)
def nothing_asked(site: Site, browser: Chrome) -> Iterator[None]:
    site.asked.commands.clear()
    yield
    browser.delete_all_cookies()


def test_the_board_follows_calls_as_they_ring_wait_and_are_held(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "board")
    one(browser, "#link-state:not([hidden])")
    wait_for(lambda: site.hub.listeners > 0)
    site.show(Now([ringing("b1", 11)], agents=[READY]))
    wait_for(
        lambda: script(browser, "document.querySelectorAll('.live-call.ringing .rings .on').length") == 3
    )
    waiting = call("b2", waits=(WaitFacts(WaitKind.QUEUE, ago(5)),), started_at=ago(6))
    queue = QueueNow("front", (Waiting("b2", "13922223333", 1, ago(5), 40.0),))
    site.show(Now([waiting, talking("b3", held_for=18.5)], agents=[READY], queues=[queue]))
    queued = "document.querySelector('table.queue')?.textContent ?? ''"
    wait_for(lambda: "13922223333" in script(browser, queued))
    # The hold was 18.5 s old: within seconds it warns, without anything new from the server.
    wait_for(
        lambda: script(browser, "!!document.querySelector('.hold.amber .warned')?.checkVisibility()"), 10
    )
    site.show(Now([talking("b3", held_for=31)], agents=[READY]))
    wait_for(lambda: script(browser, "!!document.querySelector('.hold.red .overdue')?.checkVisibility()"))


def test_a_supervisor_listens_with_one_click(site: Site, browser: Chrome) -> None:
    choose(site, browser, "8009", "board")
    site.show(Now([talking("m1")], agents=[READY]))
    click(browser, ".live-call.talking .actions button[value=whisper]")
    wait_for(lambda: site.asked.commands)
    assert site.asked.commands == [("monitor", {"call_id": "m1", "mode": "whisper", "by": "8009"})]


def test_an_agent_holds_takes_back_and_offers_a_callback(site: Site, browser: Chrome) -> None:
    choose(site, browser, "8001", "agent")
    site.show(Now([talking("a1")], agents=[READY]))
    click(browser, "form[action='/calls/a1/do/hold'] button")
    wait_for(lambda: site.asked.commands == [("hold", {"call_id": "a1", "by": "8001"})])
    site.show(Now([talking("a1", held_for=2)], {"a1-agent": Held(held_here=True)}, [READY]))
    one(browser, "form[action='/calls/a1/do/resume']")
    offer = "document.querySelector('.offer')?.checkVisibility()"
    assert not script(browser, offer)
    site.show(Now([talking("a1", held_for=22)], {"a1-agent": Held(held_here=True)}, [READY]))
    wait_for(lambda: script(browser, offer))
    click(browser, "form[action='/calls/a1/do/callback_offer'] button")
    wait_for(lambda: len(site.asked.commands) == 2)
    assert site.asked.commands[1] == ("callback_offer", {"call_id": "a1", "by": "8001"})


def test_what_is_typed_outlives_the_next_state(site: Site, browser: Chrome) -> None:
    choose(site, browser, "8001", "agent")
    site.show(Now([talking("t1")], agents=[READY]))
    one(browser, "#to-t1 input").send_keys("80")
    site.show(Now([talking("t1", held_for=1)], agents=[READY]))
    one(browser, ".own-call.held")
    target = one(browser, "#to-t1 input")
    assert target.get_attribute("value") == "80"
    target.send_keys("02")
    click(browser, "#to-t1 button")
    wait_for(lambda: site.asked.commands)
    assert site.asked.commands == [("transfer", {"call_id": "t1", "target": "8002", "by": "8001"})]


def test_a_state_is_one_click(site: Site, browser: Chrome) -> None:
    choose(site, browser, "8001", "agent")
    site.show(Now(agents=[replace(READY, since=ago(65))]))
    timer = "document.querySelector('.own-state .timer')?.textContent ?? ''"
    wait_for(lambda: script(browser, timer).startswith("1:"))
    click(browser, ".own-state button[value=lunch]")
    wait_for(lambda: site.asked.commands)
    assert site.asked.commands == [
        ("state", {"agent": "8001", "state": "break", "reason": "lunch", "by": "8001"})
    ]


def test_a_missed_call_appears_and_is_called_back_claimed_and_finished(site: Site, browser: Chrome) -> None:
    choose(site, browser, "8001", "callbacks")
    missed = call("cb", caller="13811112222", started_at=ago(60), outcome=Outcome.NO_ANSWER, ended_at=ago(30))
    with session(site.engine) as work:
        save_call(work, missed, "main", "node-1")
        callbacks.follow(work, missed, Teller("switchboard", "main"))
    site.tell({"id": "e1", "type": "callcenter.callback.wanted.v1", "subject": "1"})
    row = "//tr[contains(., '13811112222')]"
    wait_for(lambda: browser.find_elements(By.XPATH, row))
    id = (browser.find_element(By.XPATH, row).get_attribute("id") or "").removeprefix("callback-")
    click(browser, f"form[action='/callbacks/{id}/call'] button")
    wait_for(lambda: site.asked.commands == [("callback", {"id": int(id), "by": "8001"})])
    click(browser, f"form[action='/callbacks/{id}/claim'] button")
    wait_for(lambda: state_of(site, int(id)) == "claimed")
    site.tell({"id": "e2", "type": "callcenter.callback.claimed.v1", "subject": id})  # as the broker does
    one(browser, f"form[action='/callbacks/{id}/release']")
    click(browser, f"#callback-{id} summary")
    one(browser, f"#callback-{id} [name=note]").send_keys("已说明")
    click(browser, f"#callback-{id} form[action='/callbacks/{id}/outcome'] button:not(.quiet)")
    wait_for(lambda: state_of(site, int(id)) == "done")
    site.tell({"id": "e3", "type": "callcenter.callback.done.v1", "subject": id})
    wait_for(lambda: not browser.find_elements(By.XPATH, row))
    with session(site.engine) as work:
        done = callbacks.get(work, int(id))
        assert (done.state, done.outcome, done.note, done.claimed_by) == ("done", "settled", "已说明", "8001")
