"""The wrapper around a phone's process, with a phone of three lines."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from callcenter.demo.phones import phone as module
from callcenter.demo.phones.phone import BLOCK, Phone, PhoneError, PhoneMissing, Ports
from tests.support import scaled

OBEDIENT = """
import json, sys
def say(event, **more): print(json.dumps({"at": 0, "event": event, **more}), flush=True)
print("chatter of a library", flush=True)
say("registered")
for line in sys.stdin:
    say("failed", why="no route") if line.strip() == "fail" else say("echo", line=line.strip())
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"event": "registered"}', flush=True)
while True: time.sleep(1)
"""


async def start(folder: Path, text: str) -> Phone:
    script = folder / "script.py"
    script.write_text(text, "utf-8")
    phone = await Phone.start("toy", str(script), [], folder)
    await phone.wait("registered", scaled(10))
    return phone


async def test_events_come_once_each_and_in_order(tmp_path: Path) -> None:
    phone = await start(tmp_path, OBEDIENT)
    await phone.send("one")
    await phone.send("two")
    assert (await phone.wait("echo", scaled(5)))["line"] == "one"
    assert (await phone.wait("echo", scaled(5)))["line"] == "two"
    await phone.stop()
    assert phone.process.returncode == 0


async def test_a_failure_is_an_error_with_its_reason(tmp_path: Path) -> None:
    phone = await start(tmp_path, OBEDIENT)
    await phone.send("fail")
    with pytest.raises(PhoneError, match="toy: no route"):
        await phone.wait("echo", scaled(5))
    await phone.stop()


async def test_silence_is_an_error_that_tells_what_was_said(tmp_path: Path) -> None:
    phone = await start(tmp_path, OBEDIENT)
    with pytest.raises(PhoneError, match=r"no 'answered' within .* only \['registered'\]"):
        await phone.wait("answered", 0.1)
    await phone.stop()
    with pytest.raises(PhoneError, match="toy is gone"):
        await phone.send("hello")


async def test_a_phone_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    phone = await start(tmp_path, DEAF)
    await phone.stop(grace=0.2)
    assert phone.process.returncode == -9


def test_blocks_of_ports_are_never_given_twice() -> None:
    ports = Ports()
    blocks = [ports.block() for _ in range(20)]
    assert len(set(blocks)) == 20
    assert all(block % BLOCK == 0 for block in blocks)


def test_a_block_in_use_is_passed_over() -> None:
    first = Ports()
    base = first.block()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", base + 10))
        assert base not in _all_blocks()


def _all_blocks() -> list[int]:
    ports, found = Ports(), []
    while True:
        try:
            found.append(ports.block())
        except PhoneError:
            return found


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(PhoneMissing, match="baresip-python"):
        module.agent_script()
    with pytest.raises(PhoneMissing, match="pyVoIP"):
        module.caller_script()
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/sipp")
    assert module.agent_script() == "sipp_agent.py"
