"""The pages of quality review, as they come from the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from callcenter.domain.findings import Finding, Verdict
from callcenter.domain.reviews import Cause
from callcenter.standards import load_standard
from callcenter.store import rejudgings
from callcenter.store.engine import session
from callcenter.store.judgings import Judged, NewSet, Weighed, add_sets, queue
from callcenter.store.reviews import reviewed
from callcenter.store.tables import Job
from callcenter.store.verdicts import Shown, newest_findings
from tests.unit.web.client import Client
from tests.unit.web.conftest import NOW


def sit(client: Client, number: str) -> None:
    assert client.post("/me", data={"extension": number}).status_code == 200


def opening(engine: Engine, call_id: str = "call-rude") -> Shown:
    with session(engine) as db:
        return next(each for each in newest_findings(db, [call_id]) if each.rule == "opening")


@pytest.fixture
def waiting(engine: Engine) -> Iterator[int]:
    """The failed opening of call-rude (8002 took it) waits, and what nobody could tell of call-good."""
    with session(engine) as db:
        queue(db, [(opening(engine).row, Cause.LOW_SCORE, 1)], NOW)
        unsure = Finding("opening", Verdict.UNSURE, "vanke A2", 0.6, 2.1, "您好万科物业")
        add_sets(
            db, [NewSet("call-good", [unsure], Judged(Weighed.of(load_standard("vanke")), "small", NOW))]
        )
    yield opening(engine).id


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/review",
        "/review?cause=unsure",
        "/appeals",
        "/review-report",
        "/scores",
        "/scores?agent=8002",
        "/rejudgings",
    ],
)
def test_every_page_in_both_languages(client: Client, waiting: int, path: str, lang: str) -> None:
    for number in ("", "8001", "8009"):
        sit(client, number)
        answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status_code == 200, answer.text


def test_the_queue_leads_from_one_to_the_next(client: Client, engine: Engine, waiting: int) -> None:
    sit(client, "8009")
    page = client.get("/review?cause=unsure").text
    assert "1 项等待复核" in page and 'class="word marked"' in page
    assert page.count("&#34;rule&#34;") == 1  # in the waveform nothing but what is in hand
    first = opening(engine, "call-good").id
    page = client.post(
        f"/findings/{first}/review", data={"verdict": "pass", "back": "/review?cause=low_score"}
    ).text
    assert "1 项等待复核" in page and f"/findings/{waiting}/review" in page
    refused = client.post(f"/findings/{waiting}/review", data={"verdict": "pass"})
    assert refused.status_code == 409 and "推翻判定要写明原因" in refused.text
    english = client.post(f"/findings/{waiting}/review?lang=en", data={"verdict": "pass"})
    assert "wants a reason" in english.text
    client.get("/review?lang=zh")
    done = {"verdict": "pass", "reason": "0:03 说了", "back": "//evil.example/"}
    page = client.post(f"/findings/{waiting}/review", data=done).text
    assert "5 项等待复核" in page and "被投诉" in page  # what a complaint is about
    assert opening(engine).verdict == "pass"
    assert "0:03 说了" in client.get(f"/review/{waiting}").text
    assert "0:03 说了" in client.get("/review-report").text


def test_what_was_skipped_stays_skipped(client: Client, waiting: int) -> None:
    sit(client, "8009")
    assert 'value="/review?cause=unsure&amp;skip=1"' not in client.get("/review?cause=unsure").text
    assert client.get("/review?skip=99999999999999999999").status_code == 422
    assert "没有等待复核的项目" in client.get("/review?skip=1000").text
    page = client.get("/review?skip=1").text
    assert 'name="back" value="/review?cause=&amp;skip=1"' in page


def test_an_agent_sees_the_queue_and_decides_nothing(client: Client, waiting: int) -> None:
    sit(client, "8001")
    page = client.get("/review").text
    assert "复核由质检、主管或管理员进行" in page and '<button name="verdict"' not in page
    assert client.post(f"/findings/{waiting}/review", data={"verdict": "fail"}).status_code == 403


def test_a_call_shows_its_reviews_and_older_sets(client: Client, waiting: int) -> None:
    sit(client, "8009")
    page = client.get("/calls/call-rude").text
    assert "等待复核" in page and f'action="/findings/{waiting}/review"' in page
    assert "data-key" not in page  # a key says nothing of one finding among many
    assert "以前的判定：vanke 第 1 版" in client.get("/calls/call-good").text


def test_a_call_shows_the_worst_first_and_folds_what_did_not_apply(client: Client, engine: Engine) -> None:
    verdicts = (
        ("opening", "pass"),
        ("closing", "not_applicable"),
        ("promise", "unsure"),
        ("too_loud", "fail"),
    )
    findings = [Finding(rule, Verdict(verdict), "vanke") for rule, verdict in verdicts]
    with session(engine) as db:
        add_sets(
            db, [NewSet("call-late", findings, Judged(Weighed.of(load_standard("vanke")), "small", NOW))]
        )
    page = client.get("/calls/call-late/parts/findings").text
    names = ("音量不过高", "承诺时限", "开头语", "不适用的 1 条", "结束语")
    places = [page.index(name) for name in names]
    assert places == sorted(places)


def test_an_agent_appeals_on_the_calls_page_and_is_answered(
    client: Client, engine: Engine, waiting: int
) -> None:
    sit(client, "8002")
    page = client.get("/calls/call-rude").text
    assert f'action="/findings/{waiting}/appeal"' in page and "/review" in page
    assert f'action="/findings/{waiting}/review"' not in page
    told = {"reason": "我说了您好", "back": "/calls/call-rude"}
    page = client.post(f"/findings/{waiting}/appeal", data=told).text
    assert "申诉: 待答复" in page
    sit(client, "8009")
    assert "我说了您好" in client.get("/appeals").text
    client.post(f"/findings/{waiting}/appeal/answer", data={"answer": "upheld", "reason": "录音里有"})
    assert "录音里有" in client.get("/appeals?state=upheld").text
    assert opening(engine).verdict == "pass"


def test_history_is_ordered_followed_and_stopped(client: Client, engine: Engine) -> None:
    sit(client, "8009")
    page = client.post("/rejudgings", data={"standard": "vanke", "desk": "front", "since": "2026-11-01"}).text
    assert "等待" in page and "2026-11-01" in page
    with session(engine) as db:
        (row,) = rejudgings.newest(db)
        row.state, row.started_at, row.total, row.done = "claimed", NOW, 100, 40
    part = client.get("/rejudgings", headers={"HX-Request": "true", "HX-Target": "orders"}).text
    assert "40 / 100" in part and "<html" not in part
    assert "已停止" in client.post(f"/rejudgings/{row.id}/stop").text
    sit(client, "8001")
    assert client.post("/rejudgings", data={}).status_code == 403


def test_a_calls_sound_is_read_again(client: Client, engine: Engine) -> None:
    sit(client, "8009")
    assert client.post("/calls/call-good/read_again").status_code == 200
    with session(engine) as db:
        assert db.get_one(Job, "call-good").state == "pending"
    assert client.post("/calls/call-good/read_again").status_code == 409


def test_a_double_review_shows_nobody_the_others_word(client: Client, engine: Engine) -> None:
    with session(engine) as db:
        queue(db, [(opening(engine).row, Cause.RANDOM, 2)], NOW)
    id = opening(engine).id
    sit(client, "8009")
    client.post(f"/findings/{id}/review", data={"verdict": "pass", "reason": "主管听到了"})
    sit(client, "8090")
    page = client.get(f"/review/{id}").text
    assert "主管听到了" not in page and "双人复核，互不可见" in page
    with session(engine) as db:
        assert reviewed(db, id, "8090").missing == 1


def test_an_agent_sees_their_own_scores_and_appeals_there(client: Client, waiting: int) -> None:
    sit(client, "8002")
    page = client.get("/scores?agent=8001").text  # another's are not theirs to see
    assert "我的评分" in page and "王芳 8002" in page and "李敏 8001</strong>" not in page
    assert f'action="/findings/{waiting}/appeal"' in page
    page = client.post(f"/findings/{waiting}/appeal", data={"reason": "说了", "back": "/scores"}).text
    assert "申诉: 待答复" in page and f'action="/findings/{waiting}/appeal"' not in page
    sit(client, "8009")
    page = client.get("/scores?agent=8001").text
    assert "李敏 8001</strong>" in page and "call-good" in page
