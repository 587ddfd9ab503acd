"""What restarts us, and what Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callcenter.store.engine import make_engine
from callcenter.web.app import create_app
from callcenter.web.hub import LiveHub
from tests.seed import seed_settings
from tests.unit.web.client import Client


def test_all_is_well(client: Client, hub: LiveHub) -> None:
    said = {
        "state": "online",
        "at": "2026-11-22T08:00:00Z",
        "trunks": {"city": "registered"},
        "flows": {"front": "refused: front.toml: start.open: there is no [step.x]"},
    }
    hub.status("switchboard", said)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["roles"]["switchboard"] == said


def test_another_role_offline_is_degraded_not_down(client: Client, hub: LiveHub) -> None:
    hub.status("scribe", {"state": "offline"})
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_a_lost_broker_is_down(client: Client, hub: LiveHub) -> None:
    hub.connected = False
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["mqtt"]) == (503, "down")


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Client]:
    """An application whose database is no database."""
    (tmp_path / "callcenter.db").write_bytes(b"not a database" * 100)
    settings = seed_settings(tmp_path)
    engine = make_engine(settings.database_url)
    with Client(create_app(settings, engine), base_url="http://localhost") as client:
        yield client
    engine.dispose()


def test_a_broken_database_is_down_and_said_plainly(broken: Client) -> None:
    assert broken.get("/healthz").json()["database"] == "down"
    assert broken.get("/healthz").status_code == 503
    answer = broken.get("/api/v1/calls")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert broken.post("/api/v1/calls/x/hangup").status_code == 503


def test_metrics_can_be_parsed_and_count(client: Client, hub: LiveHub) -> None:
    hub.status("switchboard", {"state": "online", "metrics": {"registrations": 3, "name": "x"}})
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    calls = {sample.labels["outcome"]: sample.value for sample in families["callcenter_calls"].samples}
    assert calls["abandoned"] >= 1
    assert families["callcenter_live_calls"].samples[0].value == 2
    rings = {sample.labels.get("le"): sample.value for sample in families["callcenter_ring_seconds"].samples}
    assert rings["+Inf"] == 25
    assert rings["5.0"] <= rings["15.0"] < rings["+Inf"]
    assert families["callcenter_role_up"].samples[0].value == 1
    assert families["callcenter_role_metric"].samples[0].value == 3
    assert {sample.labels["state"] for sample in families["callcenter_jobs"].samples} == {"done"}
