"""Keys of a party that nobody talks with: by RTP events, by INFO, by both; early, late, into a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callcenter.switchboard.keypad import MOST_WAITING, KeyBy, Keypad, Pressed, Twice
from callcenter.switchboard.live_call import LiveCall
from sip.media import tones
from tests.board import Phone, Switchboard
from tests.single import does
from tests.support import eventually, scaled
from tests.unit.switchboard.conftest import MakePhone

LONG = scaled(20)
"""Seconds that no test is to wait through."""


@pytest.mark.parametrize(
    ("told", "presses"),
    [
        ([("5", KeyBy.EVENT, 0.0), ("5", KeyBy.INFO, 0.2)], "5"),
        ([("5", KeyBy.INFO, 0.0), ("5", KeyBy.EVENT, 0.2)], "5"),
        ([("5", KeyBy.EVENT, 0.0), ("5", KeyBy.EVENT, 0.2)], "55"),
        (
            [
                ("5", KeyBy.EVENT, 0.0),
                ("5", KeyBy.INFO, 0.1),
                ("5", KeyBy.EVENT, 0.2),
                ("5", KeyBy.INFO, 0.3),
            ],
            "55",
        ),
        (
            [
                ("5", KeyBy.EVENT, 0.0),
                ("5", KeyBy.EVENT, 0.1),
                ("5", KeyBy.INFO, 0.2),
                ("5", KeyBy.INFO, 0.3),
            ],
            "55",
        ),
        ([("5", KeyBy.EVENT, 0.0), ("6", KeyBy.INFO, 0.2)], "56"),
        ([("5", KeyBy.EVENT, 0.0), ("5", KeyBy.INFO, 1.5)], "55"),
    ],
)
def test_a_press_that_is_told_by_both_ways_counts_once(
    told: list[tuple[str, KeyBy, float]], presses: str
) -> None:
    twice = Twice()
    assert "".join(key for key, way, at in told if twice.counts(key, way, at)) == presses


async def test_keys_wait_until_somebody_takes_them_and_the_newest_are_kept() -> None:
    pressed = Pressed()
    for number in range(MOST_WAITING + 3):
        pressed.put(str(number % 10))
    assert await pressed.next() == "3"
    pressed.forget()
    waiting = asyncio.create_task(pressed.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    pressed.put("#")
    assert await waiting == "#"


async def test_a_wait_that_is_given_up_takes_no_key() -> None:
    pressed = Pressed()
    waiting = asyncio.create_task(pressed.next())
    await asyncio.sleep(0)
    pressed.put("1")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pressed.next() == "1"


def by_event(phone: Phone, keys: str) -> None:
    assert phone.stream is not None
    for key in keys:
        phone.stream.press(key, 60)


def by_info(phone: Phone, keys: str) -> None:
    for key in keys:
        phone.call.press(key)


class Menu:
    """What a caller's keys came to. `answered` lets the step go on once the keys were pressed."""

    def __init__(self, ask: Callable[[Keypad, LiveCall], Awaitable[str | None]]) -> None:
        self._ask = ask
        self.got: list[str | None] = []
        self.go = asyncio.Event()

    async def __call__(self, live: LiveCall) -> None:
        await self.go.wait()
        self.got.append(await self._ask(Keypad(live.caller), live))
        await asyncio.sleep(LONG)


@pytest.mark.parametrize("press", [by_event, by_info])
async def test_digits_end_with_the_hash_key(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch, press: Callable[[Phone, str], None]
) -> None:
    menu = Menu(lambda keypad, live: keypad.digits(10, LONG, LONG))
    menu.go.set()
    does(desk, monkeypatch, menu)
    await caller.dial("8000")
    await caller.connected()
    press(caller, "13*#")
    await eventually(lambda: menu.got == ["13*"])


@pytest.mark.parametrize("press", [by_event, by_info])
async def test_keys_pressed_before_anybody_listens_are_not_lost(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch, press: Callable[[Phone, str], None]
) -> None:
    """In the very moment of the answer, and long before the menu asks."""
    menu = Menu(lambda keypad, live: keypad.digits(3, LONG, LONG))
    does(desk, monkeypatch, menu)
    await caller.dial("8000")
    await caller.connected()
    press(caller, "120")
    live = await desk.live()
    await eventually(lambda: len(live.caller.pressed._keys) == 3)
    menu.go.set()
    await eventually(lambda: menu.got == ["120"])


async def test_nothing_pressed_is_none_and_a_pause_ends_digits(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(keypad: Keypad, live: LiveCall) -> str | None:
        assert await keypad.key(0.05) is None
        assert await keypad.digits(4, 0.05, LONG) == ""
        by_info(caller, "4")
        return await keypad.digits(4, LONG, 0.3)

    menu = Menu(ask)
    menu.go.set()
    does(desk, monkeypatch, menu)
    await caller.dial("8000")
    await caller.connected()
    await eventually(lambda: menu.got == ["4"])


async def test_a_key_into_the_prompt_stops_it(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(keypad: Keypad, live: LiveCall) -> str | None:
        prompt = live.caller.stream.play(tones.busy(), loop=True)
        key = await keypad.key_during(prompt)
        assert not prompt.playing
        return key

    menu = Menu(ask)
    menu.go.set()
    does(desk, monkeypatch, menu)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(450.0)
    by_event(caller, "2")
    await eventually(lambda: menu.got == ["2"])


async def test_a_prompt_that_nobody_presses_into_ends_by_itself(
    desk: Switchboard, caller: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = Menu(lambda keypad, live: keypad.key_during(live.caller.stream.play(tones.silence(0.2))))
    menu.go.set()
    does(desk, monkeypatch, menu)
    await caller.dial("8000")
    await caller.connected()
    await eventually(lambda: menu.got == [None])


async def test_keys_of_parties_that_talk_are_kept_for_nobody(
    desk: Switchboard, caller: Phone, make_phone: MakePhone
) -> None:
    agent = await make_phone("1", 1000.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    by_event(caller, "5")
    await agent.hears_keys("5")
    by_info(caller, "6")
    await agent.hears_keys("56")
    live = await desk.live()
    assert await Keypad(live.caller).key(0.0) is None


async def test_a_key_told_by_both_ways_is_passed_on_once(
    desk: Switchboard, caller: Phone, make_phone: MakePhone
) -> None:
    agent = await make_phone("1", 1000.0)
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1000.0)
    by_event(caller, "5")
    await agent.hears_keys("5")
    by_info(caller, "56")  # the first of them is the one that the agent heard
    await agent.hears_keys("56")
