"""The API's orders to judge history again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.store.engine import session
from callcenter.store.tables import Job
from tests.unit.web.client import Client


def order(client: Client, status: int = 202, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/rejudgings", json={"by": "8009", **body})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_an_order_is_given_seen_and_stopped(client: Client) -> None:
    made = order(client, standard="vanke", desk="front", since="2026-11-01T00:00:00Z")
    assert (made["state"], made["done"], made["rate"], made["by"]) == ("pending", 0, None, "8009")
    assert client.get("/api/v1/rejudgings").json()["items"] == [made]
    stopped = client.post(f"/api/v1/rejudgings/{made['id']}/stop", json={"by": "8009"}).json()
    assert stopped["state"] == "stopped"
    assert client.get(f"/api/v1/rejudgings/{made['id']}").json() == stopped


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"by": "8001"}, 403, "qa, supervisor, admin"),
        ({"standard": "nope"}, 422, "nope"),
        ({"desk": "nope"}, 422, "no desk"),
        ({"since": "2026-11-01T00:00:00"}, 422, "since"),
    ],
)
def test_what_is_refused(client: Client, body: dict[str, Any], status: int, told: str) -> None:
    assert told in order(client, status, **body)["error"]["message"]


def test_the_same_order_twice_and_one_that_is_not_there(client: Client) -> None:
    order(client)
    assert "under way" in order(client, 409)["error"]["message"]
    assert client.get("/api/v1/rejudgings/99").status_code == 404


def test_a_calls_sound_is_read_again(client: Client, engine: Engine) -> None:
    answer = client.post("/api/v1/calls/call-good/read_again", json={"by": "8009"})
    assert (answer.status_code, answer.json()) == (202, {"calls": 1})
    with session(engine) as db:
        job = db.get_one(Job, "call-good")
        assert (job.state, job.priority) == ("pending", 1)
    assert client.post("/api/v1/calls/nope/read_again", json={"by": "8009"}).status_code == 404
