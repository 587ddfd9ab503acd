"""Commands, messages, surveys and the audit trail over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.store.callbacks import Teller
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.entries import Audited, FeatureSet, MessageLeft, SurveyAnswered
from callcenter.store.work import keep
from tests.unit.store.facts import answered, at, call
from tests.unit.web.client import Client
from tests.unit.web.conftest import FakeCommands

TELLER = Teller("switchboard", "main")


@pytest.mark.parametrize(
    "method, path, body, command",
    [
        (
            "post",
            "/calls/call-talking/do/hold",
            {"by": "8001"},
            ("hold", {"call_id": "call-talking", "by": "8001"}),
        ),
        (
            "post",
            "/calls/call-talking/do/monitor",
            {"by": "8009", "mode": "whisper"},
            ("monitor", {"call_id": "call-talking", "by": "8009", "mode": "whisper"}),
        ),
        (
            "post",
            "/calls",
            {"by": "8001", "number": "13800138000"},
            ("call", {"by": "8001", "number": "13800138000"}),
        ),
        ("post", "/parked/701/pickup", {"by": "8001"}, ("pickup", {"slot": "701", "by": "8001"})),
        (
            "post",
            "/agents/8001/state",
            {"by": "8001", "state": "break", "reason": "lunch"},
            ("state", {"agent": "8001", "state": "break", "reason": "lunch", "by": "8001"}),
        ),
        (
            "put",
            "/extensions/8001/features",
            {"by": "8001", "dnd": True},
            (
                "feature",
                {"extension": "8001", "by": "8001", "dnd": True, "forward_to": "", "forward_when": ""},
            ),
        ),
    ],
)
def test_what_is_asked_goes_to_the_switchboard(
    client: Client, commands: FakeCommands, method: str, path: str, body: dict[str, Any], command: object
) -> None:
    answer = client.request(method, f"/api/v1{path}", json=body)
    assert answer.is_success, answer.text
    assert commands.asked == [command]


def test_what_is_no_command_is_refused(client: Client, commands: FakeCommands) -> None:
    for body in ({"by": ""}, {}, {"by": "8001", "mode": "shout"}):
        assert client.post("/api/v1/calls/call-talking/do/monitor", json=body).status_code == 422
    assert client.post("/api/v1/calls/call-talking/do/explode", json={"by": "8001"}).status_code == 422
    assert client.post("/api/v1/calls/call-good/do/hold", json={"by": "8001"}).status_code == 409
    assert commands.asked == [("hold", {"call_id": "call-good", "by": "8001"})]


def test_messages_are_listed_and_heard_once(client: Client, engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call("left"), "main", "node-1")
        keep(work, MessageLeft("left", "front", 12.5, at(30)), TELLER, "node-1")
    body = client.get("/api/v1/messages?mailbox=front").json()
    assert (body["unheard"], body["items"][0]["caller"], body["items"][0]["seconds"]) == (
        1,
        "13800000000",
        12.5,
    )
    heard = client.post("/api/v1/messages/left/heard", json={"by": "8001"}).json()
    assert heard["heard_by"] == "8001"
    again = client.post("/api/v1/messages/left/heard", json={"by": "8002"}).json()
    assert again == heard
    assert client.get("/api/v1/messages?unheard=true").json()["items"] == []
    assert client.post("/api/v1/messages/nowhere/heard", json={"by": "8001"}).status_code == 404


def test_scores_of_a_day_by_agent(client: Client, engine: Engine) -> None:
    with session(engine) as work:
        for id, agent, score in (("a", "8001", 1), ("b", "8001", 2), ("c", "8002", 4)):
            save_call(work, answered(id), "main", "node-1")
            keep(work, SurveyAnswered(id, "front", agent, score, at(60)), TELLER, "node-1")
    first, second = client.get("/api/v1/surveys/2024-05-01").json()
    assert (first["agent"], first["answers"], first["mean"]) == ("8001", 2, 1.5)
    assert first["counts"] == {"1": 1, "2": 1}
    assert second["agent"] == "8002"
    assert client.get("/api/v1/surveys/2024-05-02").json() == []


def test_the_audit_trail_newest_first(client: Client, engine: Engine) -> None:
    with session(engine) as work:
        for second, by in ((1, "8009"), (2, "8010")):
            keep(work, Audited(at(second), by, "supervisor", "monitor", "c1", {"result": "ok"}), TELLER, "n")
    body = client.get("/api/v1/audit").json()
    assert [each["by"] for each in body["items"]] == ["8010", "8009"]
    assert client.get("/api/v1/audit?by=8009").json()["total"] == 1


def test_features_of_an_extension(client: Client, engine: Engine) -> None:
    assert client.get("/api/v1/extensions/8001/features").json()["dnd"] is False
    with session(engine) as work:
        keep(work, FeatureSet("8001", at(1), forward_to="8002", forward_when="busy"), TELLER, "n")
    assert client.get("/api/v1/extensions/8001/features").json()["forward_when"] == "busy"
    assert client.get("/api/v1/extensions/999/features").status_code == 404


def test_the_live_state_is_there_at_once(client: Client, hub: Any) -> None:
    hub.live(
        "node-1", {"seq": 1, "since": "2026-11-22T08:00:00Z", "calls": [], "agents": [{"number": "8001"}]}
    )
    assert client.get("/api/v1/live").json()["nodes"]["node-1"]["agents"] == [{"number": "8001"}]
