"""The independent phones against one another, without our own code in between."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from callcenter.demo.phones.phone import Line, Phone, PhoneError, Ports, line_arguments
from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    cancel,
    invite,
    pause,
    play,
    progress,
    receive,
    refuse,
    refused,
    ring,
    scenario,
    sdp,
    wait_bye,
)
from sip.media.g711 import PCMA, PCMU, Samples
from sip.media.wav import build
from tests.interop.call_capture import read_messages, ring_seconds
from tests.interop.peers import Sipp, capture, udp_port_open
from tests.support import eventually, free_port, scaled


def pair(folder: Path, agent: str, caller: str) -> None:
    """Runs an agent and a caller of sipp against each other until both have ended well."""
    callee = Sipp.start(folder, agent, ("127.0.0.1", 9), service="agent").listening()
    try:
        calling = Sipp.start(folder, caller, ("127.0.0.1", callee.port), service="agent", user="caller")
        calling.succeeded()
        callee.succeeded()
    finally:
        callee.stop()


def test_sipp_rings_answers_and_the_capture_tells_for_how_long(tmp_path: Path) -> None:
    port = free_port()
    with capture(tmp_path / "call.pcapng", f"udp port {port}") as packets:
        callee = Sipp.start(
            tmp_path,
            scenario(called(), ring(400), answer(), acknowledged(), wait_bye()),
            ("127.0.0.1", 9),
            service="agent",
            port=port,
        ).listening()
        caller = Sipp.start(
            tmp_path,
            scenario(invite(), answered(), pause(100), bye(2, "uac")),
            ("127.0.0.1", callee.port),
            service="agent",
            user="caller",
        )
        caller.succeeded()
        callee.succeeded()
    (seconds,) = ring_seconds(packets, (callee.port,)).values()
    assert 0.39 < seconds < 0.6


@pytest.mark.parametrize(
    ("agent", "caller"),
    [
        ((called(), refuse(486, "Busy Here")), (invite(), progress(), refused(486))),
        ((called(), ring(20000), answer(), acknowledged(), wait_bye()), (invite(), cancel(300))),
        (
            (called(), ring(100), answer(), acknowledged(), pause(200), bye(1)),
            (invite(), answered(), wait_bye()),
        ),
    ],
    ids=["busy", "cancelled", "agent hangs up"],
)
def test_sipp_calls_sipp(tmp_path: Path, agent: tuple[str, ...], caller: tuple[str, ...]) -> None:
    pair(tmp_path, scenario(*agent), scenario(*caller))


async def wait_ended(*phones: Phone) -> None:
    for phone in phones:
        await phone.wait("ended", scaled(15))


def sine(hertz: float, seconds: float) -> Samples:
    return (12000 * np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)).astype(np.int16)


def tone(path: Path, hertz: float, seconds: float) -> Path:
    """A PCM WAV with one tone: who hears it hears this party."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(sine(hertz, seconds).tobytes())
    return path


def share(path: Path, hertz: float) -> float:
    """The share of a recording's energy within 25 Hz of a tone."""
    with wave.open(str(path)) as file:
        data, width = file.readframes(file.getnframes()), file.getsampwidth()
    samples = np.frombuffer(data, "<i2" if width == 2 else np.uint8).astype(float)
    samples -= samples.mean()
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 8000) - hertz) < 25
    return float(power[near].sum() / power.sum())


@pytest.fixture
async def ports() -> Ports:
    return Ports()


async def baresip(folder: Path, name: str, port: int, server: str, *more: object) -> Phone:
    line = Line(name, "secret", server)
    record = ("--record", folder / f"{name}.wav")
    phone = await Phone.start(
        name, "baresip_agent.py", [*line_arguments(line, port), *record, "--direct", *more], folder
    )
    await phone.wait("registered", scaled(15))
    return phone


async def test_baresip_rings_answers_and_both_hear_each_other(tmp_path: Path, ports: Ports) -> None:
    agent_port, caller_port = ports.block(), ports.block()
    low, high = tone(tmp_path / "low.wav", 440, 1.5), tone(tmp_path / "high.wav", 1000, 4)
    with capture(tmp_path / "call.pcapng", f"udp port {agent_port}") as packets:
        ringing = ("--ring", "1", "--play", low, "--hangup-after", "0.2")
        agent = await baresip(tmp_path, "agent", agent_port, "127.0.0.1:9", *ringing)
        caller = await baresip(tmp_path, "caller", caller_port, f"127.0.0.1:{agent_port}", "--play", high)
        try:
            await caller.send("call agent")
            await agent.wait("incoming", scaled(5))
            await agent.wait("played", scaled(10))
            await wait_ended(agent, caller)
        finally:
            await agent.stop()
            await caller.stop()
    (seconds,) = ring_seconds(packets, (agent_port,)).values()
    assert 0.95 < seconds < 1.5
    assert share(tmp_path / "caller-1.wav", 440) > 0.9
    assert share(tmp_path / "agent-1.wav", 1000) > 0.9


async def test_pyvoip_speaks_and_hears(tmp_path: Path, ports: Ports) -> None:
    (tmp_path / "low.ul").write_bytes(PCMU.encode(sine(440, 6)))
    talk = (play(tmp_path / "low.ul", "0,PCMU/8000"), receive("ACK", 'optional="true"'), wait_bye())
    steps = (called(), ring(500), answer(sdp(codec="0 PCMU")), acknowledged(), *talk)
    agent = Sipp.start(tmp_path, scenario(*steps), ("127.0.0.1", 9), service="agent").listening()
    line = line_arguments(Line("caller", "", f"127.0.0.1:{agent.port}"), ports.block())
    high = ("--play", tone(tmp_path / "high.wav", 1000, 3), "--record", tmp_path / "heard.wav")
    caller = await Phone.start("caller", "pyvoip_caller.py", [*line, *high, "--direct"], tmp_path)
    try:
        await caller.wait("registered", scaled(10))
        await caller.send("call agent")
        answered_at = (await caller.wait("answered", scaled(10)))["at"]
        played_at = (await caller.wait("played", scaled(10)))["at"]
        await caller.send("hangup")
        assert (await caller.wait("ended", scaled(10)))["by"] == "self"
        agent.succeeded()
    finally:
        await caller.stop()
        agent.stop()
    assert 2.9 < played_at - answered_at < 3.5
    assert share(tmp_path / "heard.wav", 440) > 0.9


async def test_baresip_refuses_when_it_is_busy(tmp_path: Path, ports: Ports) -> None:
    agent_port, caller_port = ports.block(), ports.block()
    agent = await baresip(tmp_path, "agent", agent_port, "127.0.0.1:9", "--busy")
    caller = await baresip(tmp_path, "caller", caller_port, f"127.0.0.1:{agent_port}")
    try:
        await caller.send("call agent")
        assert "486" in (await caller.wait("ended", scaled(10)))["why"]
    finally:
        await agent.stop()
        await caller.stop()


async def test_baresip_gives_up_while_it_rings(tmp_path: Path, ports: Ports) -> None:
    agent_port, caller_port = ports.block(), ports.block()
    agent = await baresip(tmp_path, "agent", agent_port, "127.0.0.1:9", "--ring", "never")
    server = f"127.0.0.1:{agent_port}"
    caller = await baresip(tmp_path, "caller", caller_port, server, "--cancel-after", "0.5")
    try:
        with capture(tmp_path / "call.pcapng", f"udp port {agent_port}") as packets:
            await caller.send("call agent")
            await wait_ended(agent, caller)
        read = read_messages(packets, (agent_port, caller_port))
        statuses = [each.status for each in read if each.method == "INVITE"]
        assert 487 in statuses
        assert 200 not in statuses
    finally:
        await agent.stop()
        await caller.stop()


async def test_a_phone_that_ends_is_told_of(tmp_path: Path, ports: Ports) -> None:
    phone = await Phone.start("broken", "baresip_agent.py", ["--no-such-option"], tmp_path)
    with pytest.raises(PhoneError, match="broken ended before"):
        await phone.wait("registered", scaled(15))
    await phone.stop()


async def test_the_sipp_phone_rings_answers_and_takes_the_next_call(tmp_path: Path, ports: Ports) -> None:
    agent_port, caller_port = ports.block(), ports.block()
    low = tmp_path / "low.wav"
    low.write_bytes(build(PCMA, PCMA.encode(sine(440, 2))))
    line = line_arguments(Line("agent", "", "127.0.0.1:9"), agent_port)
    rings = ("--ring", "0.5", "--ring", "0.1", "--play", low, "--hangup-after", "0")
    agent = await Phone.start("agent", "sipp_agent.py", [*line, *rings, "--direct"], tmp_path)
    caller = await baresip(tmp_path, "caller", caller_port, f"127.0.0.1:{agent_port}")
    try:
        for _ in range(2):
            await eventually(lambda: udp_port_open(agent_port), message="sipp does not listen")
            await caller.send("call agent")
            await caller.wait("answered", scaled(10))
            await caller.wait("ended", scaled(10))
            assert (await agent.wait("ended", scaled(10)))["why"] == "sipp ended with 0"
    finally:
        await caller.stop()
        await agent.stop()
    assert share(tmp_path / "caller-1.wav", 440) > 0.9
