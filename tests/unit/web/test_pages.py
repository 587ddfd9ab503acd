"""Pages as they come from the server, without scripts."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from callcenter.store.engine import session
from callcenter.store.tables import FindingRow
from tests.unit.web.client import Client
from tests.unit.web.conftest import FakeCommands

PAGES = [
    "/",
    "/?day=2026-11-20&desk=front",
    "/day/panel",
    "/day/live",
    "/calls",
    "/calls?day=&verdict=fail&page=2",
    "/calls/call-good",
    "/calls/call-late",
    "/calls/call-transfer",
    "/calls/call-abandoned",
    "/calls/call-talking",
    "/calls/call-ringing",
    "/tickets",
    "/tickets?state=",
    "/tickets/1",
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_in_both_languages(client: Client, path: str, lang: str) -> None:
    answer = client.get(path, params={"lang": lang} if "?" not in path else None)
    assert answer.status_code == 200, answer.text
    assert "<script>" not in answer.text
    assert "style=" not in answer.text  # the content policy forbids it


@pytest.mark.parametrize("section", ["facts", "sound", "findings", "transcript", "record", "tickets"])
def test_every_part_of_a_call(client: Client, section: str) -> None:
    assert client.get(f"/calls/call-good/parts/{section}").status_code == 200
    assert client.get("/calls/call-good/parts/other").status_code == 404


def test_the_language_is_remembered(client: Client) -> None:
    assert "今日" in client.get("/").text
    assert "Today" in client.get("/?lang=en").text
    assert "Today" in client.get("/").text


def test_live_calls_show_their_rings(client: Client) -> None:
    page = client.get("/").text
    assert 'data-ringing-since="' in page
    assert "13655557777" in page


def test_what_a_caller_says_is_escaped(client: Client) -> None:
    client.post("/calls/call-late/record", data={"by": "<b>x</b>", "matter": "<script>alert(1)</script>"})
    page = client.get("/calls/call-late").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_record_form(client: Client) -> None:
    data = {"by": "李敏", "household": "5栋", "surname": "赵", "matter": "漏水", "kind": "repair"}
    saved = client.post("/calls/call-late/record", data=data, headers={"HX-Request": "true"})
    assert "已保存" in saved.text
    assert "5栋" in saved.text
    assert "<html" not in saved.text
    assert 'value="李敏"' in client.get("/calls/call-rude").text  # who signed is remembered


def test_one_key_closes_a_record(client: Client) -> None:
    client.post("/calls/call-rude/record", data={"by": "李敏", "one_key": "courier", "matter": ""})
    assert client.get("/api/v1/calls/call-rude/record").json()["kind"] == "courier"


def test_tickets_from_the_page(client: Client) -> None:
    form = {"by": "李敏", "kind": "repair", "title": "门禁坏了", "due": "2026-11-23T09:30"}
    opened = client.post("/calls/call-rude/tickets", data=form, headers={"HX-Request": "true"})
    assert "门禁坏了" in opened.text
    ticket = client.get("/api/v1/calls/call-rude").json()["tickets"][0]
    assert ticket["due_at"] == "2026-11-23T01:30:00Z"
    url = f"/tickets/{ticket['id']}"
    assert client.post(f"{url}/state", data={"state": "in_progress", "by": "李敏"}).status_code == 200
    assert client.post(f"{url}/notes", data={"text": "已派人", "by": "李敏"}).status_code == 200
    assert client.post(f"{url}/due", data={"due": "", "by": "李敏"}).status_code == 200
    assert client.post(f"{url}/due", data={"due": "soon", "by": "李敏"}).status_code == 422
    assert client.post(f"{url}/state", data={"state": "closed", "by": "李敏"}).status_code == 422
    linked = client.post("/calls/call-late/tickets", data={"ticket_id": ticket["id"], "by": "李敏"})
    assert linked.status_code == 200
    assert "13911112222" in client.get(url).text
    plain = client.post("/tickets", data={"kind": "enquiry", "title": "问物业费", "by": "李敏"})
    assert "问物业费" in plain.text


def test_steering_a_call(client: Client, commands: FakeCommands) -> None:
    sent = client.post(
        "/calls/call-talking/transfer", data={"target": "8100"}, headers={"HX-Request": "true"}
    )
    assert sent.status_code == 204
    assert client.post("/calls/call-talking/transfer", data={"target": "<>"}).status_code == 422
    assert client.post("/calls/call-talking/hangup").status_code == 200
    assert [name for name, _ in commands.asked] == ["transfer", "hangup"]


def test_reasons_are_told_in_the_readers_language(client: Client) -> None:
    chinese, english = (client.get("/calls/call-late", params={"lang": lang}).text for lang in ("zh", "en"))
    assert "后接起；时限 3 声（15.000 秒）" in chinese
    assert "the limit is" not in chinese
    assert "the limit is 3 rings (15.000 s)" in english
    finding = client.get("/api/v1/calls/call-late/findings").json()["items"][0]
    assert finding["why"] in english and finding["why_zh"] in chinese


def test_a_finding_older_than_its_reason_is_told_in_english(client: Client, engine: Engine) -> None:
    with session(engine) as db:
        for row in db.exec(select(FindingRow).where(FindingRow.call_id == "call-late")):
            row.reason, row.reason_args, row.why = None, None, "as it was told then"
    assert '<p class="why" lang="en">as it was told then</p>' in client.get("/calls/call-late?lang=zh").text
    assert client.get("/api/v1/calls/call-late/findings").json()["items"][0]["why_zh"] is None


def test_announcements_are_shown_in_their_words(client: Client) -> None:
    facts, transcript = (
        client.get(f"/calls/call-transfer/parts/{part}").text for part in ("facts", "transcript")
    )
    for part in (facts, transcript):
        assert "「您好，电话占线，正在为您转回总机」" in part
        assert "busy-to-desk" not in part
    line = transcript[transcript.index('<li class="system">') :]
    assert '<span class="speaker">系统提示</span>' in line
    assert 'class="jump" data-start="' in line
