"""The pages in a real browser: Chromium, driven by chromedriver, on a served and seeded day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlmodel import Session

from callcenter.domain.calls import Outcome
from callcenter.domain.findings import Finding, Verdict
from callcenter.standards import load_standard
from callcenter.store.calls import save_call
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets
from callcenter.store.records import get_record, record_changes
from callcenter.store.reviews import reviewed
from callcenter.store.verdicts import newest_findings
from tests.browser import CHROMIUM, DRIVER, SWITCHES, Site, click, one, script
from tests.seed import Script, add_dialogue, facts_of
from tests.support import scaled, wait_for


@pytest.mark.parametrize("width", [390, 1360])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "calls",
        "calls/call-good",
        "calls/call-transfer",
        "tickets",
        "tickets/1",
        "board",
        "callbacks",
        "agent",
        "prompts",
        "review",
        "review-report",
        "appeals",
        "standards",
        "standards/vanke",
        "calls?said=漏水",
        "scores",
        "rejudgings",
        "?lang=en",
    ],
)
def test_pages_load_and_fit(site: Site, browser: Chrome, path: str, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.get(site.address + path)
        one(browser, "html.scripted main h1")
        assert script(browser, "document.documentElement.scrollWidth") <= width
        unnamed = (
            "[...document.querySelectorAll('main input, main select, main textarea, main button, main a')]"
            ".filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).map(e => e.outerHTML)"
        )
        assert script(browser, unnamed) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.delete_cookie("lang")


def test_the_days_pictures_are_drawn(site: Site, browser: Chrome) -> None:
    browser.get(site.address)
    one(browser, "#chart-hours canvas")
    one(browser, "#chart-agents canvas")

    def opened() -> bool:
        """The pictures may still push it down while it is clicked."""
        is_open: bool = script(browser, "document.querySelector('#tables-details').open")
        if not is_open:
            click(browser, "#tables-details summary")
        return is_open

    wait_for(opened, message="the tables do not open")
    assert script(browser, "document.querySelector('#tables-details table').checkVisibility()")


def test_rings_count_up_as_they_happen(site: Site, browser: Chrome) -> None:
    browser.get(site.address)
    one(browser, "#link-state:not([hidden])")
    wait_for(lambda: site.hub.listeners > 0)
    site.ring("call-live", 2)
    # Asked of the page in one go: the list may be drawn anew between finding an element and reading it.
    who = "document.querySelector('.live-call:has([data-ringing-since]) .who')?.innerText ?? ''"
    wait_for(lambda: script(browser, who).startswith("13600009999"), 8)

    def shown() -> tuple[int, str]:
        live = ".live-call [data-ringing-since]"
        return tuple(
            script(
                browser,
                f"(m => [m.querySelectorAll('.on').length, m.className])(document.querySelector('{live}'))",
            )
        )

    assert shown()[0] in (1, 2)
    wait_for(lambda: shown()[0] == 2 and "amber" in shown()[1], 8, message="the second ring was not shown")
    assert script(browser, "document.querySelector('.live-call [data-ringing-since]').checkVisibility()")
    site.ring("call-live", 16)  # the same call, past the limit
    wait_for(lambda: shown()[0] == 4 and "red" in shown()[1], message="the fourth ring is not red")


def test_a_word_jumps_to_its_sound_and_is_marked_as_it_plays(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "calls/call-good")
    wait_for(lambda: script(browser, "document.querySelector('#audio').readyState >= 1"))
    wait_for(
        lambda: script(
            browser,
            "document.querySelector('#wave > div')?.shadowRoot?.querySelectorAll('canvas').length > 0",
        )
    )
    word = browser.find_elements(By.CSS_SELECTOR, "#words .word")[25]
    start = float(word.get_attribute("data-start") or "nan")
    word.click()
    wait_for(lambda: script(browser, "document.querySelector('#audio').currentTime") >= start)
    wait_for(lambda: script(browser, "document.querySelectorAll('#words .spoken').length") > 0)
    one(browser, "#play.playing").click()
    wait_for(lambda: script(browser, "document.querySelector('#audio').paused"))
    assert script(browser, "document.querySelector('#audio').currentTime") < start + scaled(10)
    script(browser, "document.activeElement.blur()")
    browser.switch_to.active_element.send_keys(Keys.SPACE)  # anywhere but in a field, space plays
    wait_for(lambda: not script(browser, "document.querySelector('#audio').paused"))


def test_a_finding_is_one_click_from_its_sound(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "calls/call-good")
    listen = one(browser, ".finding .listen[data-start]")
    listen.click()
    start = float(listen.get_attribute("data-start") or "nan")
    wait_for(lambda: script(browser, "document.querySelector('#audio').currentTime") >= start)
    wait_for(
        lambda: script(browser, "document.querySelector('#audio').paused"), 15
    )  # it stops behind the phrase


def test_words_are_reached_by_keyboard(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "calls/call-good")
    one(browser, "html.scripted #words .word[tabindex='0']")
    script(browser, "document.querySelector('#words .word').focus()")
    for _ in range(3):
        browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert (
        script(browser, "[...document.querySelectorAll('#words .word')].indexOf(document.activeElement)") == 3
    )


def test_the_record_form_saves_and_keeps_corrections(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "calls/call-late")
    one(browser, "html.scripted")
    for name, text in (("household", "6栋301"), ("matter", "电梯停运"), ("by", "王芳")):
        one(browser, f"#record [name={name}]").send_keys(text)
    one(browser, "#record button:not([name])").click()
    assert "已保存" in one(browser, "#record .saved").text
    matter = one(browser, "#record [name=matter]")
    matter.clear()
    matter.send_keys("电梯困人")
    one(browser, "#record [name=reason]").send_keys("听录音更正")
    one(browser, "#record button:not([name])").click()
    assert "电梯停运 → 电梯困人" in one(browser, "#record .changes").text
    with Session(site.engine) as session:
        record = get_record(session, "call-late")
        assert record is not None
        assert (record.household, record.matter, record.filled_by) == ("6栋301", "电梯困人", "王芳")
        (change,) = record_changes(session, "call-late")
        assert (change.by, change.reason) == ("王芳", "听录音更正")


def test_filters_change_the_list_and_the_address(site: Site, browser: Chrome) -> None:
    browser.get(site.address + "calls")
    one(browser, "html.scripted [name=q]").send_keys("1391111")
    wait_for(lambda: len(browser.find_elements(By.CSS_SELECTOR, "table.calls tbody tr")) == 1)
    wait_for(lambda: "q=1391111" in browser.current_url)


def test_pages_work_without_scripts(site: Site, tmp_path: Path) -> None:
    options = Options()
    options.binary_location = CHROMIUM
    for switch in SWITCHES:
        options.add_argument(switch)
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    with Chrome(options=options, service=Service(DRIVER)) as plain:
        plain.get(site.address + "calls/call-rude")
        for name, text in (("matter", "问路"), ("by", "李敏")):
            plain.find_element(By.CSS_SELECTOR, f"#record [name={name}]").send_keys(text)
        plain.find_element(By.CSS_SELECTOR, "#record button:not([name])").click()
        wait_for(lambda: plain.current_url.endswith("#record"))
        assert plain.find_element(By.CSS_SELECTOR, "#record [name=matter]").text == "问路"
        assert plain.find_element(By.ID, "audio").is_displayed()


def test_the_sound_appears_on_the_open_page_when_the_call_is_recorded(site: Site, browser: Chrome) -> None:
    now = datetime.now(UTC)
    began = Script("call-fresh", 60, talk=55, outcome=None, dialogue="repair-good")
    with Session(site.engine) as session:
        save_call(session, facts_of(began, now), "main", "seed")
        session.commit()
    browser.get(site.address + "calls/call-fresh")
    one(browser, "#link-state:not([hidden])")
    assert not browser.find_elements(By.ID, "player")
    one(browser, "#record [name=matter]").send_keys("写到一半")
    add_dialogue(site.engine, site.settings, replace(began, outcome=Outcome.ANSWERED, talk=50), now)
    site.publish("call-fresh")
    one(browser, "#wave > div")
    one(browser, "#words .word")
    one(browser, ".finding.pass")
    assert one(browser, "#record [name=matter]").get_attribute("value") == "写到一半"
    one(browser, "#play").click()
    wait_for(lambda: script(browser, "document.querySelector('#audio').currentTime") > 0)


def test_a_finding_is_reviewed_by_keys(site: Site, browser: Chrome) -> None:
    with Session(site.engine) as session:
        unsure = Finding("opening", Verdict.UNSURE, "vanke A2", 0.6, 2.1, "您好万科物业")
        judged = Judged(Weighed.of(load_standard("vanke")), "seed", datetime.now(UTC))
        add_sets(session, [NewSet("call-good", [unsure], judged)])
        session.commit()
    browser.get(site.address)
    browser.add_cookie({"name": "extension", "value": "8009"})
    try:
        browser.get(site.address + "review?cause=unsure")
        one(browser, "html.scripted #words .word.marked")
        wait_for(lambda: script(browser, "document.querySelector('#audio').readyState >= 1"))
        browser.switch_to.active_element.send_keys("l")
        wait_for(lambda: script(browser, "document.querySelector('#audio').currentTime") >= 0.6)
        browser.switch_to.active_element.send_keys("r")
        browser.switch_to.active_element.send_keys("0:01 说了 pf")  # in a field, keys are letters
        script(browser, "document.activeElement.blur()")
        browser.switch_to.active_element.send_keys("p")
        wait_for(lambda: "没有等待复核的项目" in browser.page_source)
    finally:
        browser.delete_cookie("extension")
    with Session(site.engine) as session:
        (found,) = newest_findings(session, ["call-good"])
        assert (found.verdict, found.machine) == ("pass", "unsure")
        (said,) = reviewed(session, found.id).reviews
        assert (said.by, said.reason) == ("8009", "0:01 说了 pf")
