"""Words said, through the API and on the page."""

from __future__ import annotations

from tests.unit.web.client import Client


def test_the_api_finds_what_was_said(client: Client) -> None:
    found = client.get("/api/v1/search?q=漏水").json()
    assert found["total"] >= 1
    hit = found["items"][0]
    assert hit["call_id"] == "call-good"
    assert [piece["text"] for piece in hit["pieces"] if piece["found"]]
    assert hit["url"].startswith("/calls/call-good#t=")
    assert client.get("/api/v1/search?q=漏水&day=2026-11-21").json()["items"] == []
    assert client.get("/api/v1/search?q=楼税&by=characters").json()["total"] == 0


def test_the_api_says_what_is_wrong(client: Client) -> None:
    assert client.get("/api/v1/search").status_code == 422
    assert client.get("/api/v1/search?q=a&by=luck").status_code == 422
    assert client.get("/api/v1/search?q=，").json()["total"] == 0


def test_the_page_marks_the_words_and_links_to_their_sound(client: Client) -> None:
    page = client.get("/calls?said=漏水").text
    assert "<mark" in page
    assert 'href="/calls/call-good#t=' in page
    assert "没有人说过" in client.get("/calls?said=大象").text
    for others in ("q=13911112222", "outcome=abandoned", "rule=opening&verdict=fail", "desk=sales"):
        assert "没有人说过" in client.get(f"/calls?said=漏水&{others}").text, "other filters hold beside it"
    assert "<mark" in client.get("/calls?said=漏水&q=1380013&outcome=answered").text
    assert "<mark" not in client.get("/calls?said=").text


def test_the_transcript_in_each_form(client: Client) -> None:
    address = "/api/v1/calls/call-good/transcript"
    text = client.get(f"{address}.txt")
    assert text.headers["content-type"].startswith("text/plain")
    assert "坐席：" in text.text
    assert client.get(address, headers={"accept": "text/plain"}).text == text.text
    utterance = client.get(address).json()["utterances"][0]
    assert "".join(piece["text"] for piece in utterance["pieces"]) == utterance["text"]
    assert client.get("/api/v1/calls/none/transcript.txt").status_code == 404
