"""Foreign hosts and cross-site changes are refused; headers are strict."""

from __future__ import annotations

import pytest

from callcenter.web.security import host_allowed
from tests.unit.web.client import Client

FORM = {"by": "李敏", "matter": "x"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:80", "LOCALHOST:1"])
def test_our_hosts(host: str) -> None:
    assert host_allowed(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost@evil", "[::2]", "["]
)
def test_foreign_hosts(client: Client, host: str) -> None:
    assert not host_allowed(host)
    assert client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
)
def test_cross_site_changes_are_refused(client: Client, headers: dict[str, str]) -> None:
    assert client.post("/calls/call-late/record", data=FORM, headers=headers).status_code == 403
    assert client.post("/api/v1/calls/call-talking/hangup", headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:8080"}, {}]
)
def test_our_own_forms_and_programs_may(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/calls/call-late/record", data=FORM, headers=headers, follow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/calls/call-good", "/api/v1/calls", "/calls/nope", "/healthz"])
def test_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_every_page_has_its_own_nonce(client: Client) -> None:
    policies = {client.get("/").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3
