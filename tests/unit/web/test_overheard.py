from __future__ import annotations

from typing import Any

from callcenter.web.overheard import MOST, Line, Overheard


def heard(call_id: str = "c1", **data: Any) -> dict[str, Any]:
    return {"type": "callcenter.call.heard.v1", "subject": call_id, "data": {"recording_id": "r1", **data}}


def warned(kind: str, whom: str = "agent", at: float = 3.0) -> dict[str, Any]:
    data = {"kind": kind, "for": whom, "at": at, "heard": "不知道"}
    return {"type": "callcenter.call.warned.v1", "subject": "c1", "data": data}


def said(start: float, text: str) -> dict[str, Any]:
    return {"start": start, "end": start + 1, "text": text}


def test_both_sides_in_order_of_time() -> None:
    it = Overheard()
    it.take(heard(role="agent", utterances=[said(0.5, "您好"), said(9.0, "请稍等")], partial="我"))
    it.take(heard(role="caller", recording_id="r2", utterances=[said(4.0, "我家漏水了")], partial=""))
    assert it.said("c1") == [
        Line("agent", 0.5, "您好"),
        Line("caller", 4.0, "我家漏水了"),
        Line("agent", 9.0, "请稍等"),
        Line("agent", None, "我"),
    ]
    it.take(heard(role="agent", utterances=[said(9.0, "请稍等我查")], partial=""))  # all of it anew
    assert [line.text for line in it.said("c1")] == ["我家漏水了", "请稍等我查"]


def test_the_kept_transcript_takes_its_place() -> None:
    it = Overheard()
    it.take(heard(role="agent", utterances=[said(0.5, "您好")]))
    it.take(warned("forbidden"))
    it.take({"type": "callcenter.call.judged.v1", "subject": "c1", "data": {}})
    assert it.said("c1") == []
    assert it.warnings("c1") == []


def test_warnings_that_come_of_words() -> None:
    it = Overheard()
    for kind, whom in (
        ("forbidden", "agent"),
        ("hold", "agent"),
        ("forbidden", "agent"),
        ("opening", "supervisor"),
    ):
        it.take(warned(kind, whom))
    assert [(each["kind"], each["for"]) for each in it.warnings("c1")] == [
        ("forbidden", "agent"),
        ("opening", "supervisor"),
    ]


def test_what_is_none_of_it() -> None:
    it = Overheard()
    nonsense = heard(utterances=[1, {"start": "x", "text": "y"}, {"start": 1.0}]), heard(utterances=7)
    for event in (
        {},
        {"type": "callcenter.call.heard.v1"},
        {"type": "callcenter.live", "data": {}},
        *nonsense,
    ):
        it.take(event)
    assert it.said("c1") == it.said("") == []


def test_so_many_calls_are_kept() -> None:
    it = Overheard()
    for number in range(MOST + 5):
        it.take(heard(f"c{number}", role="agent", utterances=[said(0.0, "您好")]))
    assert it.said("c4") == []
    assert it.said("c5") != []
