"""The independent phones against one another, without our own code in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    answer,
    answered,
    bye,
    called,
    cancel,
    invite,
    pause,
    progress,
    receive,
    refuse,
    refused,
    ring,
    scenario,
    wait_bye,
)
from tests.interop.peers import Sipp, capture
from tests.interop.ring_capture import ring_seconds


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
    with capture(tmp_path / "call.pcapng") as packets:
        callee = Sipp.start(
            tmp_path,
            scenario(called(), ring(400), answer(), receive("ACK"), wait_bye()),
            ("127.0.0.1", 9),
            service="agent",
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
        ((called(), ring(20000), answer(), receive("ACK"), wait_bye()), (invite(), cancel(300))),
        (
            (called(), ring(100), answer(), receive("ACK"), pause(200), bye(1)),
            (invite(), answered(), wait_bye()),
        ),
    ],
    ids=["busy", "cancelled", "agent hangs up"],
)
def test_sipp_calls_sipp(tmp_path: Path, agent: tuple[str, ...], caller: tuple[str, ...]) -> None:
    pair(tmp_path, scenario(*agent), scenario(*caller))
