"""The API's calls: list, filters, one call, transcript, findings, commands, days."""

from __future__ import annotations

import pytest

from tests.unit.web.client import Client
from tests.unit.web.conftest import FakeCommands

CALL_FIELDS = {
    "id", "direction", "line", "desk", "caller", "callee", "started_at", "outcome", "rings", "ring_seconds",
    "three_rings", "wait_seconds", "talk_seconds", "hold_seconds", "legs", "recording", "record", "tickets",
    "findings", "standard", "answered_at", "ended_at", "transfer_to", "announcements", "holds",
}  # fmt: skip
LEG_FIELDS = {
    "role", "party", "invite_at", "ringing_at", "answered_at", "ended_at", "rings", "ring_seconds", "bound",
    "verdict", "hung_up_by", "codec", "sip_call_id", "final_status",
    "loss", "jitter_seconds", "rtt_seconds",
}  # fmt: skip


def ids(client: Client, query: str) -> set[str]:
    answer = client.get(f"/api/v1/calls?size=200&{query}")
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


def test_a_call_says_everything(client: Client) -> None:
    call = client.get("/api/v1/calls/call-good").json()
    assert set(call) >= CALL_FIELDS
    assert set(call["legs"][0]) >= LEG_FIELDS
    assert call["rings"] == 2
    assert call["ring_seconds"] == 7.312
    assert call["started_at"] == "2026-11-22T06:42:00Z"
    assert call["recording"]["url"] == "/api/v1/calls/call-good/recording"
    assert call["record"]["household"] == "8栋1202"
    assert [ticket["kind"] for ticket in call["tickets"]] == ["repair"]
    assert {finding["rule"] for finding in call["findings"]} >= {"opening", "closing", "three_rings"}


def test_a_transferred_call_keeps_every_leg(client: Client) -> None:
    call = client.get("/api/v1/calls/call-transfer").json()
    assert [leg["role"] for leg in call["legs"]] == ["caller", "agent", "target", "agent"]
    assert call["transfer_to"] == "8100"
    assert call["announcements"][0]["prompt"] == "busy-to-desk"


def test_a_call_that_lasts_has_no_outcome(client: Client) -> None:
    live = client.get("/api/v1/live").json()
    assert [call["id"] for call in live["calls"]] == ["call-talking", "call-ringing"]
    assert all(call["outcome"] is None for call in live["calls"])
    assert live["now"] == "2026-11-22T08:12:00Z"


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("three_rings=fail", {"call-late", "call-abandoned"}, {"call-good"}),
        ("verdict=fail", {"call-late", "call-rude", "call-abandoned"}, {"call-good"}),
        ("verdict=fail&rule=opening", {"call-rude"}, {"call-late"}),
        ("verdict=fail&rule=three_rings", {"call-late"}, {"call-rude"}),
        ("verdict=pass", {"call-good"}, {"call-rude", "call-late"}),
        ("outcome=abandoned", {"call-abandoned"}, {"call-good"}),
        ("outcome=live", {"call-talking", "call-ringing"}, {"call-good"}),
        ("q=1391111", {"call-late"}, {"call-good"}),
        ("desk=sales", set(), {"call-good"}),
        ("day=2026-11-22", {"call-good"}, set()),
        ("day=2026-11-21", set(), {"call-good"}),
    ],
)
def test_filters(client: Client, query: str, inside: set[str], outside: set[str]) -> None:
    found = ids(client, query)
    assert inside <= found
    assert not outside & found


def test_pages_do_not_overlap(client: Client) -> None:
    first = client.get("/api/v1/calls?size=10&page=1").json()
    second = client.get("/api/v1/calls?size=10&page=2").json()
    assert first["total"] == 27
    assert len(first["items"]) == 10
    assert not {call["id"] for call in first["items"]} & {call["id"] for call in second["items"]}
    starts = [call["started_at"] for call in first["items"] + second["items"]]
    assert starts == sorted(starts, reverse=True)


def test_transcript_as_json_and_as_subtitles(client: Client) -> None:
    said = client.get("/api/v1/calls/call-good/transcript").json()
    assert said["done"]
    assert said["utterances"][0]["role"] == "agent"
    word = said["utterances"][0]["words"][0]
    assert set(word) == {"text", "start", "end", "confidence"}
    subtitles = client.get("/api/v1/calls/call-good/transcript.vtt")
    assert subtitles.headers["content-type"] == "text/vtt; charset=utf-8"
    assert subtitles.text.startswith("WEBVTT\n")
    negotiated = client.get("/api/v1/calls/call-good/transcript", headers={"Accept": "text/vtt"})
    assert negotiated.text == subtitles.text
    assert not client.get("/api/v1/calls/call-ringing/transcript").json()["done"]


def test_findings(client: Client) -> None:
    items = client.get("/api/v1/calls/call-rude/findings").json()["items"]
    assert {item["rule"]: item["verdict"] for item in items}["opening"] == "fail"


def test_commands_go_to_the_switchboard(client: Client, commands: FakeCommands) -> None:
    done = client.post("/api/v1/calls/call-talking/transfer", json={"target": "8100", "by": "8001"})
    assert done.json() == {"ok": True, "result": {"state": "done"}}
    assert client.post("/api/v1/calls/call-talking/hangup").status_code == 200
    assert commands.asked == [
        ("transfer", {"call_id": "call-talking", "target": "8100", "by": "8001"}),
        ("hangup", {"call_id": "call-talking", "by": ""}),
    ]


@pytest.mark.parametrize(
    ("call", "target", "status", "code"),
    [
        ("call-good", "8100", 409, "conflict"),
        ("nope", "8100", 404, "not_found"),
        ("call-talking", "a b", 422, "invalid"),
    ],
)
def test_a_refused_command_says_why(client: Client, call: str, target: str, status: int, code: str) -> None:
    answer = client.post(f"/api/v1/calls/{call}/transfer", json={"target": target})
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def test_the_day_in_figures(client: Client) -> None:
    day = client.get("/api/v1/days/2026-11-22").json()
    assert day["calls"] == 27
    assert day["live"] == 2
    assert sum(day["outcomes"].values()) == 25
    assert day["three_rings"]["failed"] >= 2
    assert 0 < day["three_rings"]["rate"] < 1
    assert day["opening"]["8002"]["failed"] >= 1
    assert set(day["by_desk"]) == {"front", "sales"}
    assert client.get("/api/v1/days/2020-01-01").json()["service_level"] is None
