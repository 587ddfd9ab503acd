"""Star codes: what was dialled, what it does, and what the telephone hears."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from callcenter.domain.agents import BREAKS, State
from callcenter.settings import StarCodes as Codes
from callcenter.switchboard.features import Feature
from callcenter.switchboard.star_codes import Code, StarCodes, find
from prompts.catalogue import UnknownPrompt
from sip.aio.call import CallFailed
from sip.media.clip import Clip
from tests.board import Phone, Switchboard
from tests.support import eventually
from tests.unit.switchboard.conftest import MakePhone


@pytest.mark.parametrize(
    ("dialled", "code"),
    [
        ("*53", Code("ready")),
        ("*53#", Code("ready")),
        ("*54", Code("away")),
        ("*542", Code("away", "2")),
        ("*5422", None),
        ("*728002#", Code("forward", "8002")),
        ("*728002%23", Code("forward", "8002")),
        ("*72", None),
        ("*72+8613800138000", Code("forward", "+8613800138000")),
        ("*78", Code("dnd_on")),
        ("*781", None),
        ("*8", Code("pick_up")),
        ("*88002", Code("pick_up", "8002")),
        ("*8*", None),
        ("8002", None),
        ("", None),
        ("*", None),
    ],
)
def test_what_was_dialled(dialled: str, code: Code | None) -> None:
    assert find(Codes(), dialled) == code


def test_codes_are_settings() -> None:
    assert find(Codes(ready="*1", away=""), "*1") == Code("ready")
    assert find(Codes(ready="*1", away=""), "*54") is None
    with pytest.raises(ValidationError, match="begins like"):
        Codes(ready="*5")
    with pytest.raises(ValidationError):
        Codes(ready="53")


@pytest.fixture
async def codes(desk: Switchboard, make_phone: MakePhone) -> StarCodes:
    for number in ("1", "2"):
        await make_phone(number)
    await eventually(lambda: all(map(desk.board.agents.available, ("1", "2"))))
    return StarCodes(desk.board)


def test_every_code_of_the_settings_has_its_work(codes: StarCodes, desk: Switchboard) -> None:
    for name in Codes.model_fields:
        if name != "pick_up":
            argument = "2" if name.startswith("forward") and name != "forward_off" else ""
            prompt = codes.do("1", Code(name, argument))
            assert desk.board.prompt(prompt)


def test_the_state_of_an_agent(codes: StarCodes, desk: Switchboard) -> None:
    agents = desk.board.agents
    assert codes.do("1", Code("away", "2")) == "agent-break"
    assert (agents.state("1"), agents.agent("1").reason) == (State.BREAK, BREAKS[1])
    assert codes.do("1", Code("away", "9")) == "code-refused"
    assert codes.do("1", Code("ready")) == "agent-ready"
    assert codes.do("1", Code("sign_off")) == "agent-signed-off"
    assert agents.state("1") is State.SIGNED_OFF
    assert codes.do("1", Code("sign_on")) == "agent-ready"


def test_features(codes: StarCodes, desk: Switchboard) -> None:
    features = desk.board.features
    assert codes.do("1", Code("dnd_on")) == "dnd-on"
    assert codes.do("1", Code("forward_busy", "2")) == "forward-on"
    assert features.of("1") == Feature(True, "2", "busy")
    assert codes.do("1", Code("forward", "13800138000")) == "code-refused"
    assert codes.do("1", Code("forward_off")) == "forward-off"
    assert codes.do("1", Code("dnd_off")) == "dnd-off"
    assert features.of("1") == Feature()


def test_who_has_no_telephone_cannot_be_ready(codes: StarCodes) -> None:
    assert codes.do("3", Code("ready")) == "code-refused"


async def test_a_telephone_hears_what_has_become_of_it(desk: Switchboard, make_phone: MakePhone) -> None:
    phone = await make_phone("1")
    call = await phone.dial("*541")
    await phone.connected()
    assert desk.board.agents.state("1") is State.BREAK
    assert not desk.board.agents.available("1")
    ended = await call.over()
    assert len(phone.heard.payloads) > 20, ended
    await eventually(lambda: desk.board.pool.in_use == 0)
    assert not desk.board.calls and not desk.board.occupied


async def test_who_hangs_up_early_has_still_done_it(desk: Switchboard, make_phone: MakePhone) -> None:
    phone = await make_phone("1")
    call = await phone.dial("*78")
    await phone.connected()
    call.hangup()
    await eventually(lambda: desk.board.pool.in_use == 0)
    assert desk.board.features.of("1").dnd


async def test_without_its_prompt_a_code_still_does_its_work(
    desk: Switchboard, make_phone: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(prompt: str, *more: object, **values: object) -> Clip:
        raise UnknownPrompt(prompt)

    monkeypatch.setattr(desk.board, "prompt", missing)
    phone = await make_phone("1")
    call = await phone.dial("*78")
    await call.over()
    assert desk.board.features.of("1").dnd
    await eventually(lambda: desk.board.pool.in_use == 0)


async def test_nobody_is_rung_while_they_listen_to_a_prompt(
    desk: Switchboard, make_phone: MakePhone, caller: Phone
) -> None:
    one, two = await make_phone("1"), await make_phone("2", 1200.0)
    await one.dial("*53")
    await one.connected()
    await caller.dial("8000")
    await caller.connected()
    await caller.hears(1200.0)
    assert len(one.calls) == 1 and len(two.calls) == 1
    await one.call.over()
    await eventually(lambda: desk.board.agents.available("1"))


async def test_a_line_from_outside_has_no_codes(desk: Switchboard, caller: Phone) -> None:
    call = await caller.dial("*78")
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.ended.code == 404


async def test_wrap_up_is_over(codes: StarCodes, desk: Switchboard) -> None:
    agents = desk.board.agents
    agents.ringing("1")
    agents.leg_answered("1")
    agents.answered("1", 60.0)
    await eventually(lambda: agents.state("1") is State.WRAP_UP)
    assert codes.do("1", Code("ready")) == "agent-wrap-up-over"
    assert agents.available("1")
