"""Every error has one shape, and no traceback reaches a user."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI

from tests.unit.web.client import Client

ERRORS = [
    ("/api/v1/calls/nope", 404),
    ("/api/v1/nothing", 404),
    ("/api/v1/calls?page=0", 422),
    ("/api/v1/calls?day=yesterday", 422),
    ("/api/v1/days/9999-12-31", 422),
    ("/api/v1/tickets/99999999999999999999", 422),
    ("/api/v1/tickets/12", 404),
    ("/api/v1/calls?outcome=odd", 422),
    ("/api/v1/calls/call-ringing/recording", 404),
    ("/api/v1/calls/call-good/recording?leg=nope", 404),
]


@pytest.mark.parametrize(("path", "status"), ERRORS)
def test_the_shape_of_an_error(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message"}


def test_a_wrong_method_has_the_shape_too(client: Client) -> None:
    answer = client.delete("/api/v1/calls")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_a_page_that_is_not_there_is_a_page(client: Client) -> None:
    answer = client.get("/calls/nope")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_a_form_sent_by_htmx_gets_a_notice(client: Client) -> None:
    answer = client.post("/calls/nope/record", data={"by": "李敏"}, headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.headers["HX-Retarget"] == "#toast"
    assert "<html" not in answer.text


def test_a_crash_shows_no_traceback(app: FastAPI, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/api/v1/crash")
    def crash() -> None:
        raise RuntimeError("a secret detail")

    with caplog.at_level(logging.CRITICAL):
        answer = client.get("/api/v1/crash")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text


def test_the_api_documents_itself(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/calls/{call_id}/transcript.vtt" in paths
    assert not [path for path in paths if path.startswith("/calls")]
