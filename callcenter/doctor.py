"""`callcenter doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from rich.table import Table

from callcenter import flow_checks, sip_checks
from callcenter.check import Check
from callcenter.events.address import BrokerAddress
from callcenter.events.errors import AddressError
from callcenter.settings import ConfigError, Settings, load_settings, split_host_port
from callcenter.standards import StandardError, desk_standard
from callcenter.store import migrate
from callcenter.store.engine import StoreError
from callcenter.switchboard.prompt_watch import require_prompts
from callcenter.web.role import loopback_address
from prompts.languages import load_catalogues
from prompts.schema import CatalogueError
from transcripts.engines import engine_model
from transcripts.model import ModelError

__all__ = ["Check", "examine", "report"]

ROOM = 2 << 30
"""Bytes of free disk below which it warns: a day of 500 calls of 3 minutes takes 1.4 GB."""
TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""


def examine(config: Path | None, data: Path | None) -> list[Check]:
    """Every check, in the order in which they are worth mending. Changes nothing."""
    try:
        settings = load_settings(config)
    except ConfigError as error:
        return [Check("配置 configuration", False, str(error), "correct the line named")]
    if data is not None:
        settings = settings.with_overrides({"data": data})
    where = str(config) if config else "no callcenter.toml: defaults"
    checks = [Check("配置 configuration", bool(settings.desks), where, "add a [[desk]] with its agents")]
    for probe in _PROBES:
        checks += probe(settings)
    return checks


def report(checks: list[Check]) -> Table:
    """The checks as a table."""
    table = Table("", "检查 check", "现状 found", "办法 what to do")
    for check in checks:
        sign = "[green]✓[/]" if check.good else "[red]✗[/]" if check.fails else "[yellow]![/]"
        table.add_row(sign, check.what, check.found, "" if check.good else check.mend)
    return table


def _passwords(settings: Settings) -> Iterator[Check]:
    accounts = [(e.number, e.password) for e in settings.extensions]
    accounts += [(t.id, t.password) for t in settings.trunks if t.username]
    weak = [name for name, secret in accounts if _weak(secret.get_secret_value())]
    found = ", ".join(weak) or f"{len(accounts)} accounts"
    yield Check("口令 passwords", not weak, found, "give each 12 characters or more, none from the example")


def _weak(password: str) -> bool:
    return len(password) < 8 or password.startswith("change-me")


def _data(settings: Settings) -> Iterator[Check]:
    folder = settings.data
    existing = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    writable = os.access(existing, os.W_OK)
    yield Check(
        "数据目录 data folder", writable, str(folder.resolve()), f"make {existing} writable for this user"
    )
    free = shutil.disk_usage(existing).free
    yield Check(
        "磁盘 disk", free > ROOM, f"{free / 2**30:.1f} GiB free", "free some, or move --data elsewhere"
    )


def _database(settings: Settings) -> Iterator[Check]:
    kind = "SQLite" if settings.database_url.startswith("sqlite") else "PostgreSQL"
    if kind == "SQLite" and not (settings.data / "callcenter.db").exists():
        yield Check("数据库 database", True, "SQLite; made at the first start")
        return
    try:
        found = migrate.current(settings.database_url)
    except StoreError as error:
        yield Check("数据库 database", False, str(error), "correct [database] url, or start the server")
        return
    yield Check("数据库 database", True, f"{kind}, revision {found or 'none yet'} of {migrate.head()}")


def _model(settings: Settings) -> Iterator[Check]:
    try:
        yield Check(
            "语音模型 speech model", True, str(engine_model(settings.scribe.engine, settings.scribe.model))
        )
    except ModelError as error:
        yield Check("语音模型 speech model", False, str(error), "callcenter model install")


def _prompts(settings: Settings) -> Iterator[Check]:
    try:
        catalogues = load_catalogues(settings.prompts)
        require_prompts(catalogues, settings)
    except CatalogueError as error:
        yield Check("提示音 prompts", False, str(error), "mend the file named, or install the package anew")
        return
    found = f"{len(catalogues.ids)} announcements, {', '.join(catalogues.languages)}"
    yield Check("提示音 prompts", True, found)


def _standards(settings: Settings) -> Iterator[Check]:
    for desk in settings.desks:
        name = f"标准 standard {desk.standard} ({desk.id})"
        try:
            standard = desk_standard(desk)
        except StandardError as error:
            yield Check(name, False, str(error), "correct `standard` or [desk.override] of the desk")
            continue
        yield Check(name, True, f"version {standard.edition}")


def _pages(settings: Settings) -> Iterator[Check]:
    built = files("callcenter.web").joinpath("static", "dist").is_dir()
    yield Check(
        "页面 pages", built, "built" if built else "not built", "python frontend/build.py (make setup)"
    )
    try:
        loopback_address(settings.http.listen)
    except ConfigError as error:
        yield Check("网页地址 page address", False, str(error), "listen on 127.0.0.1")


def _ports(settings: Settings) -> Iterator[Check]:
    yield from sip_checks.ports(settings)
    yield _http(settings.http.listen)
    low, high = settings.sip.rtp_ports
    calls = (high - low + 1) // 4
    yield Check(
        "RTP", low < high and calls > 0, f"{low}-{high}: {calls} calls at once", "widen [sip] rtp_ports"
    )
    files_allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    wanted = min(calls, 500) * 8 + 100  # three sockets and a file for each leg, and some
    yield Check(
        "文件数 open files", files_allowed >= wanted, f"{files_allowed} allowed", f"ulimit -n {wanted}"
    )


def _http(listen: str) -> Check:
    host, port = split_host_port(listen)
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        mend = "end the other program, unless it is the service itself; or choose another port"
        return Check(f"HTTP {listen}", False, str(error.strerror), mend)
    return Check(f"HTTP {listen}", True, "free")


def _broker(settings: Settings) -> Iterator[Check]:
    if not settings.mqtt.url:
        yield Check("消息 MQTT", True, f"embedded, {settings.mqtt.embedded}")
        return
    try:
        address = BrokerAddress.parse(settings.mqtt.url)
        socket.create_connection((address.host, address.port), timeout=3).close()
    except (AddressError, OSError) as error:
        yield Check("消息 MQTT", False, str(error), "start the broker, or correct [mqtt] url")
        return
    yield Check("消息 MQTT", True, str(address))


def _clock(settings: Settings) -> Iterator[Check]:
    """Whether the kernel's clock is disciplined: ring times are evidence (adjtimex(2), read only)."""
    status = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(256))
    good = status not in (TIME_ERROR, -1)
    found = "synchronised" if good else "not synchronised"
    yield Check("时钟 clock", good, found, "apt install chrony, or timedatectl set-ntp true")


_PROBES: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    _passwords,
    _data,
    _database,
    _model,
    _prompts,
    _standards,
    flow_checks.flows,
    flow_checks.calendar,
    _pages,
    _ports,
    sip_checks.certificate,
    sip_checks.trunks,
    _broker,
    _clock,
)
