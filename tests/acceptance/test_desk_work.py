"""Callbacks, commands and the live state of a whole service, with sipp's phones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    progress,
    refused,
    ring,
    wait_bye,
)
from callcenter.domain.subjects import Subject
from callcenter.domain.topics import live_filter, subjects_filter
from callcenter.events.client import MqttClient
from tests.phones import CALLER, Phones
from tests.service import PASSWORD, RunningService, TestDesk, running_service
from tests.support import scaled, wait_for

EXTRA = f"""
[[extension]]
number = "5001"
password = "{PASSWORD}"
outside = true
[[extension]]
number = "5009"
password = "{PASSWORD}"
role = "supervisor"
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service of this module's own: one of its roles is killed, and its callbacks are counted."""
    with running_service(tmp_path_factory.mktemp("desk-work"), EXTRA) as running:
        yield running


def node(service: RunningService) -> dict[str, Any]:
    """The switchboard's live state."""
    nodes: dict[str, dict[str, Any]] = service.get("live")["nodes"]
    return nodes.get("node-1", {"calls": [], "agents": []})


def agent(service: RunningService, number: str) -> dict[str, Any] | None:
    return next((each for each in node(service)["agents"] if each["number"] == number), None)


def post(service: RunningService, path: str, **body: Any) -> tuple[int, Any]:
    response = service.http.post(f"/api/v1/{path}", json=body)
    return response.status_code, response.json()


def open_callbacks(service: RunningService, desk: TestDesk) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.get("callbacks", desk=desk.id)["items"]
    return items


async def heard(service: RunningService, topic: str, count: int) -> list[dict[str, Any]]:
    """The first messages that a new subscriber hears."""
    client = MqttClient(f"mqtt://{service.mqtt[0]}:{service.mqtt[1]}", site="test")
    running = asyncio.create_task(client.run())
    try:
        await asyncio.wait_for(client.wait_connected(), scaled(20))
        async with client.subscribe(topic) as messages, asyncio.timeout(scaled(20)):
            found: list[dict[str, Any]] = []
            async for message in messages:
                found.append(json.loads(message.payload))
                if len(found) == count:
                    break
            return found
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_who_was_missed_is_called_back_and_then_nothing_is_owed(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    listening = asyncio.create_task(heard(service, subjects_filter("test", Subject.CALLBACK), 3))
    await asyncio.sleep(0)
    for count in (1, 2):  # nobody is at the desk; the second call is merged with the first
        await asyncio.to_thread(phones.caller(desk.number, progress() + refused(480, 2)).succeeded)
        await asyncio.to_thread(service.ended_call, desk, count)
    (owed,) = await asyncio.to_thread(wait_for, lambda: open_callbacks(service, desk))
    assert (owed["number"], owed["reason"], len(owed["calls"])) == (CALLER, "missed", 2)
    first = phones.agent("5001", called(), ring(100), answer(), acknowledged(), wait_bye())
    far = phones.agent("city", called(), ring(200), answer(), acknowledged(), pause(500), bye(1))
    status, given = await asyncio.to_thread(post, service, f"callbacks/{owed['id']}/call", by="5001")
    assert status == 200, given
    again, taken = await asyncio.to_thread(post, service, f"callbacks/{owed['id']}/call", by=desk.first)
    assert again == 409, taken
    await asyncio.to_thread(far.succeeded)
    await asyncio.to_thread(first.succeeded)

    def done() -> dict[str, Any] | None:
        found: dict[str, Any] = service.get(f"callbacks/{owed['id']}")
        return found if found["state"] == "done" else None

    settled = await asyncio.to_thread(wait_for, done)
    assert (settled["outcome"], settled["claimed_by"], settled["attempts"]) == ("reached", "5001", 1)
    assert len(settled["calls"]) == 3
    assert [each["type"].split(".")[2] for each in await listening] == ["wanted", "wanted", "claimed"]


def test_a_call_is_held_from_the_page_and_everybody_sees_it(
    service: RunningService, desk: TestDesk, phones: Phones
) -> None:
    phones.agent(desk.first, called(), ring(300), answer(), acknowledged(), wait_bye())
    caller = phones.caller(desk.number, answered(2), pause(15_000), bye(3, "uac"))

    def state() -> str | None:
        mine = [call for call in node(service)["calls"] if call["desk"] == desk.id]
        return mine[0]["state"] if mine else None

    wait_for(lambda: state() == "talking", message="the call is not in the live state")
    (call,) = [call for call in node(service)["calls"] if call["desk"] == desk.id]
    held = f"calls/{call['id']}/do/hold"
    assert post(service, held, by=desk.second)[0] == 403
    assert post(service, held, by=desk.first)[0] == 200
    assert post(service, held, by=desk.first)[0] == 409
    wait_for(lambda: state() == "held")
    (late,) = asyncio.run(heard(service, live_filter("test"), 1))  # who comes late has it at once
    assert [each["state"] for each in late["calls"] if each["id"] == call["id"]] == ["held"]
    assert post(service, f"calls/{call['id']}/do/resume", by="5009")[0] == 200
    wait_for(lambda: state() == "talking")
    (traced,) = service.get("audit", by="5009")["items"]
    assert (traced["action"], traced["subject"], traced["role"]) == ("resume", call["id"], "supervisor")
    caller.stop()


def test_who_is_on_a_break_still_is_when_the_switchboard_has_been_killed(
    service: RunningService, desk: TestDesk
) -> None:
    status, result = post(service, f"agents/{desk.first}/state", by=desk.first, state="break", reason="lunch")
    assert status == 200, result
    wait_for(lambda: (agent(service, desk.first) or {}).get("state") == "break")
    before = node(service)
    service.kill("switchboard")
    wait_for(lambda: node(service).get("since", "") > before["since"], 30, message="no new live state")
    after = agent(service, desk.first)
    assert after is not None
    assert (after["state"], after["reason"]) == ("break", "lunch")


def test_what_an_extension_has_set_outlives_the_switchboard(
    service: RunningService, desk: TestDesk, tmp_path: Path
) -> None:
    wanted = {"dnd": False, "forward_to": desk.number, "forward_when": "always"}
    path = f"/api/v1/extensions/{desk.other}/features"
    assert service.http.put(path, json={"by": desk.other, **wanted}).status_code == 200
    wait_for(lambda: service.get(f"extensions/{desk.other}/features")["forward_when"] == "always")
    twice = service.http.put(path, json={"by": desk.other, **wanted, "forward_to": desk.other})
    assert twice.status_code == 422 and "cannot be forwarded" in twice.json()["error"]["message"]
