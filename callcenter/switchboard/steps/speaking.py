"""Steps in which the caller listens and presses keys: prompts, menus, languages, the end."""

from __future__ import annotations

from callcenter.domain.calls import WaitKind
from callcenter.flows.schema import ChooseLanguage, HangUp, Menu, Say
from callcenter.switchboard.keypad import Keypad
from callcenter.switchboard.telling import ask
from callcenter.switchboard.walk import Result, Walker, handles


@handles(Say)
async def say(walker: Walker, step: Say) -> Result:
    """Plays a prompt to its end."""
    await walker.take(WaitKind.PROMPT)
    await walker.say(step.prompt)
    return step.next


@handles(Menu)
async def menu(walker: Walker, step: Menu) -> Result:
    """One key, also into the prompt; what is no choice is said to be none."""
    key = await _chosen(walker, step, set(step.keys), step.wrong or "menu-wrong-key")
    following = step.keys[key] if key else step.otherwise
    walker.passed("key", following, key or "")
    return following


@handles(ChooseLanguage)
async def language(walker: Walker, step: ChooseLanguage) -> Result:
    """What is said from here on is said in the language that was chosen."""
    key = await _chosen(walker, step, set(step.keys), "")
    if key:
        walker.live.book.language = step.keys[key]
        walker.passed("key", step.next, key)
    return step.next


@handles(HangUp)
async def hang_up(walker: Walker, step: HangUp) -> Result:
    """The last prompt."""
    if step.prompt:
        await walker.take(WaitKind.PROMPT)
        await walker.say(step.prompt)
    return walker.ended()


async def _chosen(walker: Walker, step: Menu | ChooseLanguage, keys: set[str], wrong: str) -> str | None:
    """The key that the caller chose, or None after the last try."""
    await walker.take(WaitKind.MENU)
    pad = Keypad(walker.live.caller)
    for left in reversed(range(step.tries)):
        key = await ask(walker.live, step.prompt, pad) or await pad.key(step.timeout)
        if key in keys:
            return key
        pad.forget()
        if left and (said := "menu-nothing-pressed" if key is None else wrong):
            await walker.say(said)
    return None
