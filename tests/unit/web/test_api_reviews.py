"""The API's reviews, appeals and sets of verdicts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reviews import Cause
from callcenter.standards import load_standard
from callcenter.store.engine import session
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets, queue
from callcenter.store.verdicts import newest_findings
from tests.unit.web.client import Client
from tests.unit.web.conftest import NOW


def finding_of(client: Client, call_id: str, rule: str) -> dict[str, Any]:
    items = client.get(f"/api/v1/calls/{call_id}/findings").json()["items"]
    return next(item for item in items if item["rule"] == rule)


@pytest.fixture
def opening(client: Client) -> int:
    """The failed opening of call-rude, which 8002 took."""
    found = finding_of(client, "call-rude", "opening")
    assert (found["verdict"], found["machine"], found["review"]) == ("fail", "fail", "none")
    return int(found["id"])


def post(client: Client, path: str, status: int, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/findings/{path}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_finding_is_confirmed_and_overturned(client: Client, opening: int) -> None:
    post(client, f"{opening}/review", 200, by="8009", verdict="fail")
    found = post(client, f"{opening}/review", 200, by="8090", verdict="pass", reason="0:03 说了")
    assert (found["verdict"], found["machine"], found["review"], found["cause"]) == (
        "pass",
        "fail",
        "decided",
        "chosen",
    )
    assert [(each["by"], each["verdict"], each["reason"]) for each in found["reviews"]] == [
        ("8009", "fail", ""),
        ("8090", "pass", "0:03 说了"),
    ]
    assert finding_of(client, "call-rude", "opening")["verdict"] == "pass"
    trail = client.get("/api/v1/audit").json()["items"]
    assert [(each["by"], each["action"]) for each in trail] == [("8090", "review"), ("8009", "review")]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"by": "8001", "verdict": "pass", "reason": "x"}, 403, "qa, supervisor, admin"),
        ({"by": "nobody", "verdict": "pass", "reason": "x"}, 422, "is no extension"),
        ({"by": "8009", "verdict": "pass"}, 409, "wants a reason"),
        ({"by": "8009", "verdict": "unsure"}, 422, "verdict"),
    ],
)
def test_what_is_refused(client: Client, opening: int, body: dict[str, Any], status: int, told: str) -> None:
    assert told in post(client, f"{opening}/review", status, **body)["error"]["message"]
    assert client.get(f"/api/v1/findings/{opening}").json()["reviews"] == []


def test_the_queue_and_a_double_review(client: Client, engine: Engine, opening: int) -> None:
    with session(engine) as db:
        found = [each.row for each in newest_findings(db, ["call-rude"]) if each.rule == "opening"]
        queue(db, [(found[0], Cause.LOW_SCORE, 2)], NOW)
    listed = client.get("/api/v1/reviews?by=8009").json()
    assert (listed["total"], listed["waiting"]) == (6, {"low_score": 1, "complaint": 5})
    assert (listed["items"][0]["call_id"], listed["items"][0]["cause"]) == ("call-late", "complaint")
    assert (listed["items"][5]["call_id"], listed["items"][5]["wanted"]) == ("call-rude", 2)
    post(client, f"{opening}/review", 200, by="8009", verdict="fail")
    assert client.get("/api/v1/reviews?by=8009").json()["total"] == 5
    other = client.get(f"/api/v1/findings/{opening}?by=8090").json()
    assert (other["reviews"], other["missing"]) == ([], 1)


def test_an_appeal_is_raised_answered_and_listed(client: Client, opening: int) -> None:
    post(client, f"{opening}/appeal", 409, by="8001", reason="不是我")
    made = post(client, f"{opening}/appeal", 201, by="8002", reason="我说了您好")
    assert (made["state"], made["agent"]) == ("open", "8002")
    (item,) = client.get("/api/v1/appeals?state=open").json()["items"]
    assert (item["call_id"], item["finding"]["rule"]) == ("call-rude", "opening")
    post(client, f"{opening}/appeal/answer", 403, by="8001", upheld=True, reason="x")
    ended = post(client, f"{opening}/appeal/answer", 200, by="8009", upheld=True, reason="有")
    assert (ended["state"], ended["answered_by"]) == ("upheld", "8009")
    assert client.get(f"/api/v1/findings/{opening}").json()["appeal"]["answer"] == "有"
    assert finding_of(client, "call-rude", "opening")["verdict"] == "pass"


def test_older_sets_can_be_looked_at(client: Client, engine: Engine) -> None:
    with session(engine) as db:
        judged = Judged(Weighed.of(load_standard("vanke")), "small", NOW)
        add_sets(db, [NewSet("call-rude", [Finding("opening", Verdict.PASS, "A2")], judged)])
    newer, older = client.get("/api/v1/calls/call-rude/judgings").json()["items"]
    assert (newer["standard"], newer["digest"]) == ("vanke", load_standard("vanke").digest)
    assert (older["version"], older["engine"]) == ("1", "seed")
    assert {each["rule"]: each["verdict"] for each in older["findings"]}["opening"] == "fail"
    assert [each["rule"] for each in client.get("/api/v1/calls/call-rude").json()["findings"]] == ["opening"]


def test_what_is_not_there(client: Client) -> None:
    assert client.get("/api/v1/findings/9999").status_code == 404
    assert client.get("/api/v1/calls/nope/judgings").status_code == 404


def test_scores_and_the_report(client: Client, opening: int) -> None:
    before = {each["agent"]: each for each in client.get("/api/v1/scores").json()}
    assert before["8002"]["reviewed"] == 0
    post(client, f"{opening}/review", 200, by="8009", verdict="pass", reason="0:03 说了")
    after = {each["agent"]: each for each in client.get("/api/v1/scores").json()}
    assert after["8002"]["reviewed"] == 1 and after["8002"]["mean"] > before["8002"]["mean"]
    calls = client.get("/api/v1/agents/8002/scores").json()["items"]
    rude = next(each for each in calls if each["call_id"] == "call-rude")
    assert rude["verdicts"]["opening"] == "pass" and rude["score"] == 100.0
    (row,) = client.get("/api/v1/reviews/report").json()["precision"]
    assert (row["rule"], row["fails"], row["precision"]) == ("opening", 1, 0.0)
    assert client.get("/api/v1/reviews/report").json()["agreement"] == []
