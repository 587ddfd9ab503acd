"""The queue of callbacks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from callcenter.domain.calls import Outcome
from callcenter.store import callbacks, outbox
from callcenter.store.callbacks import Teller
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from tests.unit.store.facts import at, call
from tests.unit.web.client import Client
from tests.unit.web.conftest import FakeCommands


@pytest.fixture
def waiting(engine: Engine) -> Iterator[int]:
    """A missed call that is to be called back."""
    missed = call("missed", outcome=Outcome.NO_ANSWER, ended_at=at(20))
    with session(engine) as work:
        save_call(work, missed, "main", "node-1")
        callbacks.follow(work, missed, Teller("switchboard", "main"))
        made = callbacks.list_callbacks(work).items
    yield next(each.id or 0 for each in made if each.number == "13800000000")


def test_the_queue_names_its_calls(client: Client, waiting: int) -> None:
    body = client.get("/api/v1/callbacks").json()
    mine = next(each for each in body["items"] if each["id"] == waiting)
    assert (mine["number"], mine["reason"], mine["state"], mine["calls"]) == (
        "13800000000",
        "missed",
        "open",
        ["missed"],
    )
    assert client.get(f"/api/v1/callbacks/{waiting}").json() == mine
    assert client.get("/api/v1/callbacks?desk=nowhere").json()["total"] == 0
    assert client.get("/api/v1/callbacks/999").status_code == 404


def test_one_is_claimed_given_back_and_finished(
    client: Client, app: FastAPI, engine: Engine, waiting: int
) -> None:
    path = f"/api/v1/callbacks/{waiting}"
    claimed = client.post(f"{path}/claim", json={"by": "8001"})
    assert claimed.json()["state"] == "claimed" and claimed.json()["lease_until"]
    refused = client.post(f"{path}/claim", json={"by": "8002"})
    assert refused.status_code == 409 and "with 8001" in refused.json()["error"]["message"]
    assert client.post(f"{path}/release", json={"by": "8001"}).json()["claimed_by"] is None
    done = client.post(f"{path}/outcome", json={"by": "8002", "outcome": "settled", "note": "已回电"})
    assert (done.json()["state"], done.json()["note"]) == ("done", "已回电")
    assert client.post(f"{path}/give_up", json={"by": "8002", "note": "x"}).status_code == 409
    with session(engine) as work:
        told = [row.topic.rpartition("/")[2] for row in outbox.pending(work, "web")]
    assert told == ["claimed", "released", "done"]


def test_giving_up_says_why(client: Client, waiting: int) -> None:
    path = f"/api/v1/callbacks/{waiting}/give_up"
    assert client.post(path, json={"by": "8001", "note": ""}).status_code == 422
    assert client.post(path, json={"by": "8001", "note": "空号"}).json()["state"] == "given_up"


def test_calling_is_the_switchboards(client: Client, commands: FakeCommands, waiting: int) -> None:
    assert client.post(f"/api/v1/callbacks/{waiting}/call", json={"by": "8001"}).json()["ok"]
    assert commands.asked[-1] == ("callback", {"id": waiting, "by": "8001"})
