"""`/healthz` for whoever restarts us, `/metrics` for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from callcenter.store.counts import RING_BUCKETS, Counts, count_all
from callcenter.web.context import Context, ContextDep
from callcenter.web.ports import RoleStatus

router = APIRouter(tags=["service"])


class RoleHealth(BaseModel):
    state: str
    at: datetime | None
    trunks: dict[str, str] = {}
    """The switchboard's lines to the outside, as in `registered` or `refused: wrong password`."""
    flows: dict[str, str] = {}
    """The desks' flows: the digest of what runs, or `refused: file: key: reason` of the newest text."""


class Health(BaseModel):
    """`down` (503): this role cannot work. `degraded` (200): it can, but another role is offline."""

    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "down"]
    mqtt: Literal["ok", "down", "none"]
    roles: dict[str, RoleHealth]


@router.get("/healthz", responses={503: {"model": Health}})
def healthz(context: ContextDep, response: Response) -> Health:
    """Whether the parts work: the database, the broker, and what each role last said of itself."""
    health = check(context)
    response.status_code = 503 if health.status == "down" else 200
    return health


def check(context: Context) -> Health:
    roles = dict(context.bus.roles) if context.bus else {}
    database: Literal["ok", "down"] = "ok" if _database_works(context.engine) else "down"
    mqtt: Literal["ok", "down", "none"] = "none"
    if context.bus is not None:
        mqtt = "ok" if context.bus.connected else "down"
    status: Literal["ok", "degraded", "down"] = "ok"
    if any(not role.online for role in roles.values()):
        status = "degraded"
    if "down" in (database, mqtt):
        status = "down"
    said = {name: _said(role) for name, role in sorted(roles.items())}
    return Health(status=status, database=database, mqtt=mqtt, roles=said)


def _said(role: RoleStatus) -> RoleHealth:
    return RoleHealth(state=role.state, at=role.at, trunks=dict(role.trunks), flows=dict(role.flows))


def _database_works(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


@router.get("/metrics", response_class=Response)
def metrics(context: ContextDep) -> Response:
    """Figures of the whole site, read from the database at each scrape."""
    with Session(context.engine) as session:
        counts = count_all(session)
    registry = CollectorRegistry()
    registry.register(_Figures(counts, dict(context.bus.roles) if context.bus else {}))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Figures(Collector):
    def __init__(self, counts: Counts, roles: dict[str, RoleStatus]) -> None:
        self.counts = counts
        self.roles = roles

    def collect(self) -> Iterator[Metric]:
        counts = self.counts
        yield _counter("callcenter_calls", "Ended calls by outcome.", "outcome", counts.outcomes)
        yield GaugeMetricFamily("callcenter_live_calls", "Calls that last now.", counts.live)
        yield _counter(
            "callcenter_three_rings", "Three-ring verdicts of calls.", "verdict", counts.three_rings
        )
        yield _ring_histogram(counts)
        yield _gauge("callcenter_jobs", "Transcription jobs by state.", "state", counts.jobs.items())
        yield _gauge("callcenter_outbox_backlog", "Events to be published.", "role", counts.outbox.items())
        up = [(name, float(role.online)) for name, role in self.roles.items()]
        yield _gauge("callcenter_role_up", "1 while the role says it is online.", "role", up)
        yield from _role_metrics(self.roles)


def _counter(name: str, help: str, label: str, values: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, help, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _gauge(name: str, help: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, help, labels=[label])
    for key, value in sorted(values):
        family.add_metric([key], value)
    return family


def _ring_histogram(counts: Counts) -> Metric:
    family = HistogramMetricFamily(
        "callcenter_ring_seconds", "Ring time of calls, first ring-back to answer."
    )
    below = 0
    buckets = []
    for bound, number in zip([*map(str, map(float, RING_BUCKETS)), "+Inf"], counts.ring_buckets, strict=True):
        below += number
        buckets.append((bound, float(below)))
    family.add_metric([], buckets, counts.ring_sum)
    return family


def _role_metrics(roles: dict[str, RoleStatus]) -> Iterator[Metric]:
    """What the roles say of themselves in their status messages."""
    family = GaugeMetricFamily(
        "callcenter_role_metric", "Figures from status messages.", labels=["role", "name"]
    )
    for role, status in sorted(roles.items()):
        for name, value in sorted(status.metrics.items()):
            family.add_metric([role, name], value)
    yield family
