"""The wallboard, the agent's page and the callbacks, as they come from the server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from callcenter.domain.calls import CallFacts, Outcome
from callcenter.store import callbacks
from callcenter.store.callbacks import Teller
from callcenter.store.calls import save_call
from callcenter.store.engine import session
from callcenter.store.entries import MessageLeft
from callcenter.store.work import keep
from callcenter.switchboard.snapshot import AgentNow, Held, Now, ParkedNow, QueueNow, Waiting
from callcenter.web.hub import LiveHub
from tests.live_state import snapshot
from tests.unit.store.facts import answered, at, call
from tests.unit.web.client import Client
from tests.unit.web.conftest import NOW, FakeCommands

TELLER = Teller("switchboard", "main")
HTMX = {"HX-Request": "true"}


def missed(id: str, caller: str = "13800000000") -> CallFacts:
    return call(id, caller=caller, outcome=Outcome.NO_ANSWER, ended_at=NOW - timedelta(minutes=2))


def show(hub: LiveHub, *calls: CallFacts, **parts: Any) -> None:
    """A live state in which everything is a few seconds old."""
    state = snapshot("node-1", Now(calls, **parts))
    hub.live("node-1", {"seq": 1, "since": "2026-11-22T08:00:00Z", **state})
    hub.status("switchboard", {"state": "online"})


def to_call_back(engine: Engine, *calls: CallFacts) -> list[int]:
    with session(engine) as work:
        for each in calls:
            save_call(work, each, "main", "node-1")
            callbacks.follow(work, each, TELLER)
        return [each.id or 0 for each in callbacks.list_callbacks(work).items]


def choose(client: Client, number: str) -> None:
    assert client.post("/me", data={"extension": number}).status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/board", "/board?desk=front", "/agent", "/callbacks", "/callbacks?state="])
def test_every_page_in_both_languages_with_and_without_a_switchboard(
    client: Client, hub: LiveHub, engine: Engine, path: str, lang: str
) -> None:
    to_call_back(engine, missed("m1"), missed("m2", "13911111111"))
    choose(client, "8001")
    for _ in range(2):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status_code == 200, answer.text
        assert "style=" not in answer.text and "<script>" not in answer.text
        show(
            hub,
            call("c1"),
            answered("c2"),
            legs={"c2-agent": Held(held_here=True)},
            agents=[AgentNow("8001", "李敏", "agent", True, "break", "lunch", at(1), desks=("front",))],
            queues=[QueueNow("front", (Waiting("c3", "13922222222", 1, at(2), 40.0),))],
            parked=[ParkedNow("701", "c4", "13933333333", at(3), "8001")],
        )


def test_the_board_says_that_nobody_is_there(client: Client, hub: LiveHub) -> None:
    assert "总机没有在线" in client.get("/board").text
    show(hub)
    assert "总机没有在线" not in client.get("/board").text
    hub.status("switchboard", {"state": "offline"})
    assert "总机没有在线" in client.get("/board/live").text


def test_the_board_shows_rings_holds_and_places(client: Client, hub: LiveHub) -> None:
    kept = Waiting("c5", "13955555555", 2, at(3), 60.0, virtual=True)
    queue = QueueNow("front", (Waiting("c3", "13922222222", 1, at(2), 40.0), kept))
    show(hub, call("c1"), answered("c2"), queues=[queue])
    page = client.get("/board/live").text
    assert "data-ringing-since=" in page and "data-hold-since=" in page
    assert "13922222222" in page and "0:40" in page
    assert page.count("待回电") == 1


def test_only_supervisors_see_the_buttons_to_listen(client: Client, hub: LiveHub) -> None:
    show(hub, answered("c2", holds=()))
    choose(client, "8001")
    assert "do/monitor" not in client.get("/board/live").text
    choose(client, "8009")
    page = client.get("/board/live").text
    assert page.count("do/monitor") >= 3 and "密语" in page


def test_the_agents_own_call_has_its_buttons(client: Client, hub: LiveHub) -> None:
    choose(client, "8001")
    show(hub, call("c1"))
    ringing = client.get("/agent/live").text
    assert "/calls/c1/do/answer" in ringing and "/calls/c1/do/hold" not in ringing
    hub.live(
        "node-1",
        {
            **snapshot("node-1", Now([answered("c1", holds=())])),
            "since": "2026-11-22T08:00:00Z",
            "seq": 2,
        },
    )
    talking = client.get("/agent/live").text
    for button in ("do/hold", "transfer", "do/park", "do/survey", "hangup"):
        assert f"/calls/c1/{button}" in talking
    held = snapshot("node-1", Now([answered("c1")], {"c1-agent": Held(held_here=True)}))
    hub.live("node-1", {**held, "since": "2026-11-22T08:00:00Z", "seq": 3})
    page = client.get("/agent/live").text
    assert "/calls/c1/do/resume" in page and "/calls/c1/do/callback_offer" in page


def test_buttons_give_commands_in_the_name_of_the_chosen_extension(
    client: Client, commands: FakeCommands
) -> None:
    assert client.post("/calls/call-talking/do/hold", headers=HTMX).status_code == 422
    choose(client, "8001")
    done = client.post("/calls/call-talking/do/hold", headers=HTMX)
    assert (done.status_code, done.headers["HX-Trigger"]) == (204, "office-changed")
    client.post("/calls/call-talking/transfer", data={"target": "8002"}, headers=HTMX)
    client.post("/calls/call-talking/do/refuse_agent", data={"agent": "8001"}, headers=HTMX)
    client.post("/dial", data={"number": "13800138000"}, headers=HTMX)
    client.post("/agents/8001/state", data={"state": "break", "reason": "lunch"}, headers=HTMX)
    client.post("/extensions/8001/features", data={"dnd": "true"}, headers=HTMX)
    client.post("/parked/701/pickup", headers=HTMX)
    assert commands.asked == [
        ("hold", {"call_id": "call-talking", "by": "8001"}),
        ("transfer", {"call_id": "call-talking", "target": "8002", "by": "8001"}),
        ("refuse_agent", {"call_id": "call-talking", "agent": "8001", "by": "8001"}),
        ("call", {"number": "13800138000", "by": "8001"}),
        ("state", {"agent": "8001", "state": "break", "reason": "lunch", "by": "8001"}),
        (
            "feature",
            {"extension": "8001", "dnd": True, "forward_to": "", "forward_when": "", "by": "8001"},
        ),
        ("pickup", {"slot": "701", "by": "8001"}),
    ]


def test_an_extension_that_is_none_is_not_chosen(client: Client) -> None:
    assert client.post("/me", data={"extension": "999"}).status_code == 422


def test_callbacks_are_claimed_finished_and_given_up(client: Client, engine: Engine) -> None:
    first, second = to_call_back(engine, missed("m1"), missed("m2", "13911111111"))
    choose(client, "8001")
    assert client.post(f"/callbacks/{first}/claim", headers=HTMX).status_code == 204
    assert "处理中" in client.get("/callbacks").text
    choose(client, "8002")
    refused = client.post(f"/callbacks/{first}/claim", headers=HTMX)
    assert refused.status_code == 409 and "8001" in refused.text
    choose(client, "8001")
    client.post(f"/callbacks/{first}/outcome", data={"outcome": "settled", "note": "已说明"}, headers=HTMX)
    client.post(f"/callbacks/{second}/give_up", data={"note": "空号"}, headers=HTMX)
    assert "没有待回的电话" in client.get("/callbacks").text
    done = client.get("/callbacks?state=done").text
    assert "已说明" in done and "已办妥" in done
    assert client.post(f"/callbacks/{first}/explode", headers=HTMX).status_code == 404


def test_calling_back_from_the_page(client: Client, commands: FakeCommands, engine: Engine) -> None:
    (only,) = to_call_back(engine, missed("m1"))
    choose(client, "8001")
    assert f"/callbacks/{only}/call" in client.get("/agent/next").text
    client.post(f"/callbacks/{only}/call", headers=HTMX)
    assert commands.asked == [("callback", {"id": only, "by": "8001"})]


def test_messages_wait_to_be_heard(client: Client, engine: Engine) -> None:
    with session(engine) as work:
        save_call(work, call("left"), "main", "node-1")
        keep(work, MessageLeft("left", "front", 12.5, at(30)), TELLER, "node-1")
    choose(client, "8001")
    assert "/messages/left/heard" in client.get("/agent/next").text
    client.post("/messages/left/heard", headers=HTMX)
    assert "/messages/left/heard" not in client.get("/agent/next").text


def test_without_scripts_one_comes_back_to_the_page(client: Client, engine: Engine) -> None:
    (only,) = to_call_back(engine, missed("m1"))
    choose(client, "8001")
    back = client.post(f"/callbacks/{only}/claim", headers={"referer": "http://127.0.0.1:8080/callbacks?x=1"})
    assert back.status_code == 200 and str(back.url).endswith("/callbacks")


def test_a_warning_that_comes_of_words_is_shown_to_whom_it_is_for(client: Client, hub: LiveHub) -> None:
    show(hub, answered("w1"))
    for whom, kind in (("agent", "forbidden"), ("supervisor", "waiting")):
        data = {"kind": kind, "for": whom, "at": 3.0, "heard": "不知道"}
        hub.publish({"type": "callcenter.call.warned.v1", "subject": "w1", "data": data})
    choose(client, "8001")
    agent, board = client.get("/agent/live").text, client.get("/board/live").text
    assert "服务忌语 「不知道」" in agent and "来电人久等" not in agent
    assert "来电人久等" in board and "服务忌语" not in board
