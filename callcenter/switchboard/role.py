"""The switchboard role: sets the parts up, runs them, takes them down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from callcenter.events.client import MqttClient
from callcenter.events.commands import serve_commands
from callcenter.events.publisher import publish_outbox
from callcenter.events.status import publish_status
from callcenter.settings import Settings, split_host_port
from callcenter.standards import desk_standard
from callcenter.store.engine import session
from callcenter.store.ledger import Ledger
from callcenter.store.recovery import interrupt_unfinished
from callcenter.switchboard import transports
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.board import Board
from callcenter.switchboard.carriers import know_carriers
from callcenter.switchboard.census import process
from callcenter.switchboard.claiming import Claiming
from callcenter.switchboard.commands import Commands
from callcenter.switchboard.desk_work import DeskWork
from callcenter.switchboard.display import tell_set_aside
from callcenter.switchboard.duty import keep_agents, kept_agents, kept_features, restore_agents
from callcenter.switchboard.hotline import Hotline
from callcenter.switchboard.keeping import (
    keep_registrations,
    kept_registrations,
    restore_registrations,
)
from callcenter.switchboard.kept_places import KeptPlaces
from callcenter.switchboard.leading import Leading
from callcenter.switchboard.live import publish_live
from callcenter.switchboard.pauses import collect_seldom
from callcenter.switchboard.prompt_watch import follow_prompts, require_prompts
from callcenter.switchboard.reception import Reception
from callcenter.switchboard.returning import claim_days, kept_claims
from callcenter.switchboard.steering import Steering
from callcenter.switchboard.trunks import Trunk, Trunks
from prompts.languages import load_catalogues
from sip.aio.agent import UserAgent
from sip.aio.call import Call
from sip.aio.ports import PortPool
from sip.aio.recorder import Recorder
from sip.media import ogg
from sip.media.wav import Wav
from sip.reliable import Reliability
from sip.session_timer import TimerPolicy

log = logging.getLogger(__name__)

ROLE = "switchboard"
MANY_FILES = 65536


async def run(
    settings: Settings,
    engine: Engine,
    client: MqttClient,
    stop: asyncio.Event,
    *,
    on_ready: Callable[[Board], None] = lambda board: None,
) -> None:
    """Runs the switchboard until `stop`; then ends the calls and writes what is left.

    `on_ready` is told when phones can register and call.

    Raises OSError where the SIP port is taken, StandardError or CatalogueError where data is missing,
    FlowError where a desk's flow is wrong.
    """
    _allow_many_files()
    await asyncio.to_thread(recover, settings, engine)
    wake = asyncio.Event()
    ledger = Ledger(engine, settings.site, settings.node, wake.set)
    board, reception = _build(settings, ledger)
    contacts = await asyncio.to_thread(kept_registrations, engine, settings.node)
    restored = restore_registrations(board.accounts, contacts, datetime.now(UTC), time.monotonic())
    log.info("registrations restored count=%d", restored)
    keep_registrations(board.accounts, ledger, lambda: datetime.now(UTC))
    restore_agents(board.agents, await asyncio.to_thread(kept_agents, engine, settings.node))
    keep_agents(board.agents, ledger)
    tell_set_aside(board)
    board.features.restore(await asyncio.to_thread(kept_features, engine))
    board.kept = KeptPlaces(board, reception.originate, Claiming(engine, settings.site))
    days = claim_days(settings, board.flows)
    board.distribution.claims = await asyncio.to_thread(kept_claims, engine, days, datetime.now(UTC))
    await transports.listen(board.agent, settings.sip)
    board.trunks = Trunks(Trunk(config, board.agent, board.accounts) for config in settings.trunks)
    board.trunks.start()
    log.info("switchboard ready sip=%s:%d", board.agent.local.host, board.agent.local.port)
    on_ready(board)
    commands = commands_of(board, reception, engine)
    try:
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(serve_commands(client, settings.site, commands.handlers), name="commands"),
                tasks.create_task(publish_outbox(client, engine, ROLE, wake), name="publisher"),
                tasks.create_task(
                    publish_status(client, ROLE, lambda: board.metrics() | process(), details=board.details),
                    name="status",
                ),
                tasks.create_task(
                    know_carriers(board.agent, board.accounts, settings.trunks), name="carriers"
                ),
                tasks.create_task(publish_live(client, board), name="live state"),
                tasks.create_task(follow_prompts(board.prompts), name="prompts"),
                tasks.create_task(board.flows.watch(), name="flows"),
                tasks.create_task(collect_seldom(), name="garbage"),
                tasks.create_task(board.standstill.watch(), name="standstill"),
            ]
            await stop.wait()
            await reception.close()
            for task in work:
                task.cancel()
    finally:
        board.trunks.stop()
        await board.close()
        await board.agent.stop()
        await board.recorder.close()
        await ledger.close()


def _allow_many_files() -> None:
    """A leg takes three sockets and a file: what the system lets us open is what bounds the calls."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def recover(settings: Settings, engine: Engine) -> None:
    """Puts the calls of a switchboard that was killed on record as interrupted."""
    with session(engine) as work:
        lost = interrupt_unfinished(
            work, settings.node, datetime.now(UTC), lambda path: _seconds(settings.recordings / path)
        )
    for call_id in lost:
        log.warning("call interrupted id=%s", call_id)


def _seconds(path: Path) -> float | None:
    with contextlib.suppress(FileNotFoundError):
        raw = path.read_bytes()
        return ogg.seconds(raw) if path.suffix == ".opus" else Wav.parse(raw).seconds
    return None


def _build(settings: Settings, ledger: Ledger) -> tuple[Board, Reception]:
    reception: Reception

    async def take(call: Call) -> None:
        await reception.take(call)

    accounts = Accounts(settings)
    host = split_host_port(settings.sip.listen)[0]
    board = Board(
        settings=settings,
        accounts=accounts,
        agent=UserAgent(
            accounts,
            take,
            timer=_timer(settings),
            clock=time.monotonic,
            tls=transports.tls_settings(settings.sip),
            guard=accounts.guard,
            dscp=settings.sip.dscp_sip,
        ),
        pool=PortPool(host, *settings.sip.rtp_ports, dscp=settings.sip.dscp_rtp),
        recorder=Recorder(settings.recordings),
        ledger=ledger,
        prompts=load_catalogues(settings.prompts),
    )
    _ = board.hold_music  # a file that cannot be played is an error at the start, not at the first hold
    require_prompts(board.prompts, settings)
    for desk in settings.desks:
        desk_standard(desk)  # a missing one is an error at the start, not at the first call
    board.agent.on_lost = accounts.lost
    board.agent.reliability = Reliability(settings.sip.reliable)
    reception = Reception(board)
    return board, reception


def commands_of(board: Board, reception: Reception, engine: Engine) -> Commands:
    """All that a switchboard can be told to do."""
    commands = Commands(board.settings, board.ledger)
    steering = Steering(board, reception.stories)
    leading = Leading(board, reception, steering)
    work = DeskWork(board, Claiming(engine, board.settings.site), steering, leading)
    for part in (steering, leading, work, Hotline(board, steering)):
        commands.add(part.commands)
    return commands


def _timer(settings: Settings) -> TimerPolicy:
    return TimerPolicy(settings.sip.session_expires, settings.sip.min_session_expires)
