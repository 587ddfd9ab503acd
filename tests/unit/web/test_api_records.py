"""Records and tickets over the API."""

from __future__ import annotations

from tests.unit.web.client import Client

RECORD = "/api/v1/calls/call-late/record"


def test_filling_a_record_and_correcting_it(client: Client) -> None:
    first = client.put(
        RECORD, json={"by": "王芳", "household": "3栋501", "matter": "停水", "kind": "enquiry"}
    )
    assert first.status_code == 200
    assert first.json()["filled_by"] == "王芳"
    assert first.json()["changes"] == []
    refused = client.put(RECORD, json={"by": "王芳", "matter": "停电"})
    assert refused.status_code == 422
    assert "reason" in refused.json()["error"]["message"]
    changed = client.put(RECORD, json={"by": "李敏", "matter": "停电", "reason": "听错"}).json()
    assert [(c["field"], c["old"], c["new"], c["by"]) for c in changed["changes"]] == [
        ("matter", "停水", "停电", "李敏")
    ]
    assert client.get(RECORD).json() == changed


def test_a_record_that_cannot_be(client: Client) -> None:
    assert client.put("/api/v1/calls/nope/record", json={"by": "王芳", "matter": "x"}).status_code == 404
    assert client.put(RECORD, json={"by": "王芳", "kind": "odd"}).status_code == 422
    assert client.put(RECORD, json={"by": "", "matter": "x"}).status_code == 422
    assert client.put(RECORD, json={"by": "王芳", "matter": "\0"}).status_code == 422
    assert client.put(RECORD, json={"by": "王芳", "unknown": 1}).status_code == 422


def test_a_ticket_from_opening_to_closing(client: Client) -> None:
    wanted = {
        "kind": "repair",
        "title": "灯坏了",
        "by": "王芳",
        "call_id": "call-late",
        "due_at": "2026-11-23T18:00:00+08:00",
    }
    opened = client.post("/api/v1/tickets", json=wanted)
    assert opened.status_code == 201
    assert opened.json()["due_at"] == "2026-11-23T10:00:00Z"
    url = f"/api/v1/tickets/{opened.json()['id']}"
    assert client.post(f"{url}/notes", json={"text": "派单", "by": "王芳"}).status_code == 201
    assert client.post(f"{url}/calls", json={"call_id": "call-good", "by": "王芳"}).status_code == 201
    for state in ("in_progress", "done", "closed"):
        assert client.patch(url, json={"state": state, "by": "李敏"}).json()["state"] == state
    ticket = client.get(url).json()
    assert [call["id"] for call in ticket["calls"]] == ["call-good", "call-late"]
    assert [note["text"] for note in ticket["notes"]] == [
        "派单",
        "open → in_progress",
        "in_progress → done",
        "done → closed",
    ]
    assert ticket["closed_at"] is not None


def test_an_illegal_change_is_refused_and_changes_nothing(client: Client) -> None:
    refused = client.patch("/api/v1/tickets/1", json={"state": "closed", "due_at": None, "by": "李敏"})
    assert refused.status_code == 422
    assert "in_progress" in refused.json()["error"]["message"]
    ticket = client.get("/api/v1/tickets/1").json()
    assert ticket["state"] == "open"
    assert ticket["due_at"] is not None


def test_tickets_are_listed_by_state_and_kind(client: Client) -> None:
    assert client.get("/api/v1/tickets").json()["total"] == 2
    assert client.get("/api/v1/tickets?kind=complaint&state=unfinished").json()["total"] == 1
    assert client.get("/api/v1/tickets?state=closed").json()["items"] == []


def test_a_ticket_that_cannot_be(client: Client) -> None:
    base = {"kind": "repair", "title": "x", "by": "y"}
    assert client.post("/api/v1/tickets", json={**base, "kind": "spam"}).status_code == 422
    assert client.post("/api/v1/tickets", json={**base, "call_id": "nope"}).status_code == 404
    assert client.post("/api/v1/tickets", json={**base, "due_at": "2026-01-01T00:00:00"}).status_code == 422
    assert client.get("/api/v1/tickets").json()["total"] == 2
