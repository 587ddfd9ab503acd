"""How a line to the outside is, in words, and which ones a call may take."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callcenter.settings import Trunk as Config
from callcenter.switchboard.accounts import Accounts
from callcenter.switchboard.trunks import Report, Standing, Trunk, Trunks, standing
from sip.dialog import LocalSide
from sip.digest import Credentials
from sip.message import URI
from sip.ping import Ping
from sip.registrar import SavedBinding
from sip.registration import Account, Registration, TrunkState
from tests.board import TRUNK, settings_for
from tests.carrier import PASSWORD, Carrier
from tests.support import eventually
from tests.unit.sip.phone import pool
from tests.unit.sip.udp_peer import refuse_all, running

S, T = Standing, TrunkState
LOCAL = LocalSide("192.0.2.1", 5060)
SERVER = URI.parse("sip:carrier.example.com")


def registration(state: TrunkState | None) -> Registration | None:
    if state is None:
        return None
    one = Registration(Account(SERVER, Credentials("u", "p")), LOCAL)
    one.state, one.why = state, "wrong password" if state is T.REFUSED else ""
    return one


def ping(known: bool | str | None, answered: bool = True) -> Ping | None:
    if isinstance(known, str):
        return None
    one = Ping(SERVER, LOCAL, 60.0)
    one.reachable, one.answered, one.why = known, answered, "" if known else "no answer"
    return one


@pytest.mark.parametrize(
    ("state", "pinged", "answered", "found"),
    [
        (None, "none", True, S.REACHABLE),  # nobody asks: it is believed
        (None, None, True, S.TRYING),
        (None, True, True, S.REACHABLE),
        (None, False, True, S.UNREACHABLE),
        (None, False, False, S.UNREACHABLE),
        (T.TRYING, None, True, S.TRYING),
        (T.UNREGISTERED, None, True, S.TRYING),
        (T.REGISTERED, "none", True, S.REGISTERED),
        (T.REGISTERED, True, True, S.REGISTERED),
        (T.REGISTERED, False, True, S.UNREACHABLE),
        (T.REGISTERED, False, False, S.REGISTERED),  # a carrier that never answers OPTIONS
        (T.REFUSED, True, True, S.REFUSED),
        (T.UNREACHABLE, True, True, S.UNREACHABLE),
        (T.STOPPED, True, True, S.STOPPED),
    ],
)
def test_registration_and_pings_together(
    state: TrunkState | None, pinged: bool | str | None, answered: bool, found: Standing
) -> None:
    assert standing(registration(state), ping(pinged, answered))[0] is found


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (Report(S.REGISTERED, "", datetime(2026, 11, 22, tzinfo=UTC)), "registered"),
        (Report(S.REFUSED, "wrong user name or password"), "refused: wrong user name or password"),
        (
            Report(S.UNREACHABLE, "no answer", datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC)),
            "unreachable since 2026-11-22T08:00:05Z: no answer",
        ),
        (Report(S.ABSENT), "not logged in"),
    ],
)
def test_in_words(report: Report, text: str) -> None:
    assert str(report) == text


@pytest.mark.parametrize(
    ("values", "password", "state"),
    [
        ({"mode": "register", "username": "0755"}, PASSWORD, "registered"),
        ({"mode": "register", "username": "0755"}, "another", "refused: wrong user name or password"),
        ({"mode": "ip"}, "", "reachable"),
    ],
)
async def test_what_a_carrier_makes_of_it(
    tmp_path: Path, values: dict[str, Any], password: str, state: str
) -> None:
    carrier = await Carrier(pool(), challenges=values["mode"] == "register").start()
    config = Config.model_validate({"id": "t", "server": carrier.server, "password": password, **values})
    async with running(refuse_all) as (agent, _, _):
        trunk = Trunk(config, agent, Accounts(settings_for(tmp_path)))
        trunks = Trunks([trunk])
        trunks.start()
        await eventually(lambda: str(trunk.report) == state)
        assert {name: str(report) for name, report in trunks.reports(agent.now()).items()} == {"t": state}
        trunks.stop()
    await carrier.stop()


async def test_a_gateway_is_there_once_it_has_logged_in(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    accounts = Accounts(settings)
    async with running(refuse_all) as (agent, _, _):
        trunk = Trunk(settings.trunks[0], agent, accounts)
        trunk.start()
        assert str(trunk.state(agent.now())) == "not logged in"
        saved = SavedBinding(TRUNK, "sip:city@192.0.2.7", ("192.0.2.7", 5060), 60.0, "c", 1)
        accounts.restore(saved, agent.now().mono)
        assert str(trunk.state(agent.now())) == "registered"
        trunk.stop()


def line(id: str, found: Standing, outgoing: bool = True) -> Trunk:
    one = Trunk.__new__(Trunk)
    one.config = Config.model_validate({"id": id, "mode": "ip", "server": "c", "outgoing": outgoing})
    one.server, one.report = SERVER, Report(found)
    return one


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        ([("a", S.REGISTERED), ("b", S.REACHABLE)], "ab"),
        ([("a", S.UNREACHABLE), ("b", S.REACHABLE)], "b"),
        ([("a", S.TRYING), ("b", S.REACHABLE)], "ba"),
        ([("a", S.REFUSED), ("b", S.TRYING)], "b"),
        ([("a", S.REFUSED), ("b", S.UNREACHABLE)], "ab"),  # all down: what is known may be old
        ([], ""),
    ],
)
async def test_which_lines_a_call_takes(lines: list[tuple[str, Standing]], order: str) -> None:
    async with running(refuse_all) as (agent, _, _):
        trunks = Trunks([line("x", S.REGISTERED, outgoing=False), *(line(*each) for each in lines)])
        assert "".join(trunk.id for trunk in trunks.outgoing(agent.now())) == order
