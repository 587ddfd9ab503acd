"""Which codecs the legs of a call get, what they hear, and how they are recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callcenter.settings import Settings
from sip.sdp import G722, OPUS, PCMA, PCMU, Format
from tests.board import TRUNK, Heard, Phone, Switchboard, settings_for, switchboard
from tests.support import eventually
from tests.unit.sip.phone import pool
from transcripts.decoding import read_sound

ALL = (PCMA, PCMU, G722, OPUS)
AGENTS = {"1": 1000.0, "3": 700.0}


def strongest(path: Path) -> float:
    """The loudest frequency of a recording, in Hz."""
    sound = read_sound(path)
    samples = np.array(sound.samples, float)
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / sound.rate)[power.argmax()])


class Call:
    """A caller on the trunk and the desk's agents, each with codecs of their own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.caller = Phone(TRUNK, 440.0, pool())
        self.agents = {
            number: Phone(number, hertz, pool()) for number, hertz in (("1", 1000.0), ("3", 700.0))
        }

    async def begin(self, desk: Switchboard, caller: tuple[Format, ...], agent: tuple[Format, ...]) -> None:
        self.desk = desk
        self.caller.codecs, self.agents["1"].codecs = caller, agent
        await self.caller.start(desk.address, register=False)
        for phone in self.agents.values():
            await phone.start(desk.address)
        await self.caller.dial("8000")
        await self.caller.connected()

    async def end(self) -> dict[str, str]:
        """Hangs up; the codec of each leg by its party, in the database."""
        self.caller.call.hangup()
        await self.desk.row()
        for phone in (self.caller, *self.agents.values()):
            await phone.stop()
        return {leg.party: leg.codec for leg in self.desk.legs() if leg.codec}

    def recordings(self) -> list[Path]:
        return sorted(path for path in self.settings.recordings.rglob("*") if path.is_file())


async def talk(call: Call, caller: tuple[Format, ...], agent: tuple[Format, ...]) -> tuple[list[str], bool]:
    """Both hear each other; the codecs of both legs, and whether anything was transcoded."""
    async with switchboard(call.settings) as desk:
        await call.begin(desk, caller, agent)
        live = await desk.live()
        await call.caller.hears(1000.0)
        await call.agents["1"].hears(440.0)
        streams = [leg.stream for leg in live.legs]
        transcoded = any(stream._crossing._passage is not None for stream in streams)
        codecs = await call.end()
        tracks = [leg.track for leg in (live.caller, *live.legs)]
        await eventually(lambda: all(track is None or track._done.done() for track in tracks))
    found = sorted(round(strongest(path) / 20) * 20 for path in call.recordings())
    assert found == [440, 1000]
    return list(codecs.values()), transcoded


@pytest.mark.parametrize(
    ("caller", "agent", "codecs", "transcoded"),
    [
        ((OPUS, PCMA), (PCMA,), ["PCMA", "PCMA"], False),  # the desk's first, though not the caller's
        ((OPUS, PCMA), (OPUS,), ["opus", "opus"], False),  # the answer follows who answers
        ((PCMU, G722), (G722,), ["G722", "G722"], False),
        ((OPUS,), (PCMA, OPUS), ["opus", "opus"], False),  # the caller's codec is offered first
        ((OPUS,), (PCMA,), ["opus", "PCMA"], True),
        ((PCMU,), (G722,), ["PCMU", "G722"], True),
        ((G722,), (OPUS,), ["G722", "opus"], True),
        ((PCMU,), (PCMA,), ["PCMU", "PCMA"], False),
    ],
)
async def test_one_codec_on_both_legs_where_there_is_one(
    tmp_path: Path,
    caller: tuple[Format, ...],
    agent: tuple[Format, ...],
    codecs: list[str],
    transcoded: bool,
) -> None:
    call = Call(settings_for(tmp_path / "data", agents=("1",)))
    found, worked = await talk(call, caller, tuple(form for form in agent))
    assert (found, worked) == (codecs, transcoded)
    assert {path.suffix for path in call.recordings()} == {
        ".opus" if name == "opus" else ".wav" for name in codecs
    }


async def test_a_transfer_is_offered_the_callers_codec_first(tmp_path: Path) -> None:
    call = Call(settings_for(tmp_path / "data", agents=("1",)))
    async with switchboard(call.settings) as desk:
        call.agents["3"].codecs = ALL
        await call.begin(desk, (OPUS,), ALL)
        await call.caller.hears(1000.0)
        live = await desk.live()
        await desk.command("transfer", call_id=live.id, target="3")
        await call.caller.hears(700.0)
        await call.agents["3"].hears(440.0)
        codecs = await call.end()
    assert codecs["3"] == "opus"


async def test_a_transfer_to_a_phone_without_it_is_transcoded(tmp_path: Path) -> None:
    """And ringback is heard in between, in the caller's codec."""
    call = Call(settings_for(tmp_path / "data", agents=("1",), ring_timeout=10.0))
    async with switchboard(call.settings) as desk:
        call.agents["3"].codecs, call.agents["3"].ring_seconds = (PCMU,), 1.0
        await call.begin(desk, (OPUS,), (OPUS,))
        await call.caller.hears(1000.0)
        live = await desk.live()
        await desk.command("transfer", call_id=live.id, target="3")
        await call.caller.hears(450.0)
        await call.caller.hears(700.0)
        await call.agents["3"].hears(440.0)
        codecs = await call.end()
    assert codecs["3"] == "PCMU"


async def test_who_is_held_gets_silence_in_opus(tmp_path: Path) -> None:
    call = Call(settings_for(tmp_path / "data", agents=("1",)))
    async with switchboard(call.settings) as desk:
        await call.begin(desk, (OPUS,), (OPUS,))
        await call.caller.hears(1000.0)
        call.caller.reinvite("sendonly")
        live = await desk.live()
        agent = next(leg for leg in live.legs if leg.party == "1")
        await eventually(lambda: live.caller.on_hold)
        before = agent.stream.stats.packets_out
        await eventually(lambda: agent.stream.stats.packets_out > before + 20)
        assert Heard(agent.stream.codec, call.agents["1"].heard.payloads[-15:]).share(440.0) < 0.1
        assert {row.codec for row in desk.legs() if row.codec} == {"opus"}
        await call.end()


async def test_only_what_is_on_is_taken(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", agents=("1",), codecs=("PCMA", "G722"))
    caller = Phone(TRUNK, 440.0, pool())
    async with switchboard(settings) as desk:
        caller.codecs = (OPUS, PCMU)
        await caller.start(desk.address, register=False)
        await caller.dial("8000")
        await eventually(lambda: caller.call.ended is not None)
        assert caller.call.ended is not None
        assert caller.call.ended.code == 488
        await caller.stop()


async def test_a_line_may_have_codecs_of_its_own(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", agents=("1",))
    trunks = tuple(trunk.model_copy(update={"codecs": ("G722",)}) for trunk in settings.trunks)
    call = Call(settings.model_copy(update={"trunks": trunks}))
    found, transcoded = await talk(call, (PCMA, OPUS, G722), (PCMA, G722))
    assert (found, transcoded) == (["G722", "G722"], False)
