"""An extension calls a number outside: over which trunk, as whom, and what comes of it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from callcenter.settings import Trunk
from callcenter.switchboard.dialling import Miss, Missed
from callcenter.switchboard.outside import credentials, refusal, shown
from sip.aio.call import CallFailed
from sip.aio.ports import PortPool
from sip.identity import asserted_number
from sip.message import URI, Address
from sip.sdp import settle
from tests.board import PASSWORD, Phone, Switchboard, settings_for, switchboard
from tests.carrier import Carrier, Step
from tests.support import eventually, scaled

NUMBER = "13800138000"
ALLOWED = {"1": True, "2": ["0755"]}


class House:
    """A switchboard, its carriers and its phones."""

    def __init__(
        self, desk: Switchboard, carriers: Sequence[Carrier], stack: contextlib.AsyncExitStack, pool: PortPool
    ) -> None:
        self.desk, self.carriers, self._stack, self._pool = desk, carriers, stack, pool

    @property
    def carrier(self) -> Carrier:
        return self.carriers[0]

    async def phone(self, number: str = "1", *, register: bool = True) -> Phone:
        phone = Phone(number, 440.0, self._pool)
        await phone.start(self.desk.address, register=register)
        self._stack.push_async_callback(phone.stop)
        return phone

    async def fails(self, phone: Phone, number: str = NUMBER) -> int | None:
        """The status with which a call is refused."""
        call = await phone.dial(number)
        with pytest.raises(CallFailed) as failed:
            await call.answered()
        return failed.value.ended.code


Build = Callable[..., Coroutine[Any, Any, House]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    low = random.randrange(46000, 60000, 200)
    pool = PortPool("127.0.0.1", low, low + 199)
    async with contextlib.AsyncExitStack() as stack:

        async def make(*steps: Sequence[Step], **trunk: Any) -> House:
            """One carrier for each list of steps, each a trunk; `trunk` are settings of all."""
            carriers = []
            for each in steps or ((180, 0.05, 200),):
                carrier = await Carrier(pool, each, challenges=trunk.get("mode") == "register").start()
                stack.push_async_callback(carrier.stop)
                carriers.append(carrier)
            trunks = [
                {"id": f"line-{n}", "mode": "ip", "server": carrier.server, "ping": 0, **trunk}
                for n, carrier in enumerate(carriers)
            ]
            settings = settings_for(tmp_path, outside=ALLOWED, trunks=trunks)
            # The gateway "city" has not logged in: it is passed over.
            desk = await stack.enter_async_context(switchboard(settings))
            return House(desk, carriers, stack, pool)

        yield make


async def test_both_legs_are_bridged_recorded_and_on_record(build: Build) -> None:
    here = await build()
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    await phone.hears(1000.0)
    phone.call.hangup()
    row = await here.desk.row()
    assert (row.direction, row.line, row.caller, row.callee) == ("outbound", "external", "1", NUMBER)
    assert (row.outcome, row.hung_up_by, row.desk, row.three_rings) == (
        "answered",
        "caller",
        None,
        "not_applicable",
    )
    caller, outside = here.desk.legs()
    assert (caller.role, caller.party, outside.role, outside.party) == ("caller", "1", "target", NUMBER)
    assert caller.final_status == outside.final_status == 200
    assert len(list(here.desk.board.settings.recordings.rglob("*.wav"))) == 2


@pytest.mark.parametrize(
    ("dialled", "kept", "sent"),
    [
        ("013800138000", NUMBER, "+8613800138000"),
        ("075512345678", "075512345678", "+8675512345678"),
        ("004930123456", "+4930123456", "+4930123456"),
        ("110", "110", "110"),
    ],
)
async def test_a_number_is_kept_in_one_form_and_sent_as_the_line_wants_it(
    build: Build, dialled: str, kept: str, sent: str
) -> None:
    here = await build(numbers="e164")
    phone = await here.phone()
    await phone.dial(dialled)
    await phone.connected()
    phone.call.hangup()
    assert here.carrier.calls[0].request_uri.user == sent
    assert ((await here.desk.row()).callee, here.desk.legs()[1].party) == (kept, kept)


async def test_the_far_end_hangs_up(build: Build) -> None:
    here = await build()
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    here.carrier.calls[0].hangup()
    await phone.call.over()
    assert (await here.desk.row()).outcome == "answered"


@pytest.mark.parametrize(
    ("status", "outcome", "heard"),
    [
        (486, "busy", 486),
        (600, "busy", 600),
        (480, "no_answer", 480),
        (603, "rejected", 603),
        (403, "rejected", 403),
        (404, "failed", 404),
        (484, "failed", 484),
        (488, "failed", 488),
        (408, "failed", 408),
        (503, "failed", 503),
        (500, "failed", 500),
        (302, "failed", 503),  # not followed: who redirects would choose what we pay for
    ],
)
async def test_row_8_each_refusal_is_an_outcome_and_the_caller_hears_it(
    build: Build, status: int, outcome: str, heard: int
) -> None:
    here = await build((status,))
    phone = await here.phone()
    assert await here.fails(phone) == heard
    row = await here.desk.row()
    assert row.outcome == outcome
    assert here.desk.legs()[1].final_status == status


async def test_row_9_nobody_answers_and_the_carrier_gets_a_cancel_on_time(build: Build) -> None:
    here = await build((0.2, 180, 30.0), ring_timeout=1)
    phone = await here.phone()
    assert await here.fails(phone) == 480
    row, leg = await here.desk.row(), here.desk.legs()[1]
    assert row.outcome == "no_answer"
    assert leg.ring_seconds is not None and 0.99 < leg.ring_seconds < 1.0 + scaled(0.5)
    assert (await here.carrier.calls[0].over()).code == 487


@pytest.mark.parametrize(
    ("steps", "on_183", "first"),
    [
        ((0.1, (183, True), 0.4, 200), True, 0),  # 183 with sound and no 180
        ((0.1, (183, True), 0.4, 200), False, None),
        ((0.1, (183, True), 0.4, 180, 0.2, 200), True, 0),  # 180 after 183
        ((0.1, (183, True), 0.4, 180, 0.2, 200), False, 1),
        ((0.1, 180, 0.2, 180, 0.2, 180, 0.2, 200), False, 0),  # several 180
    ],
)
async def test_row_17_a_trunks_leg_rings_as_its_rule_says(
    build: Build, steps: Sequence[Step], on_183: bool, first: int | None
) -> None:
    """`first`: which of the carrier's answers is the beginning."""
    here = await build(steps, ringing_on_183=on_183)
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    phone.call.hangup()
    await here.desk.row()
    began = here.desk.legs()[1].ringing_at
    if first is None:
        assert began is None
    else:
        sent = [moment.utc for _, moment in here.carrier.sent]
        assert began is not None and sent[first] <= began < sent[first + 1]


async def test_row_17_the_caller_hears_the_far_ringback_before_the_answer(build: Build) -> None:
    here = await build(((183, True), 20.0))
    phone = await here.phone()
    call = await phone.dial(NUMBER)
    early = await eventually(lambda: next(iter(call.early_media.values()), None))
    assert phone._offered is not None
    phone._hum(settle(phone._offered, early))
    await phone.hears(1000.0)
    assert call.answered_at is None
    call.hangup()
    assert (await here.desk.row()).outcome == "abandoned"


async def test_a_refusal_after_early_media_is_passed_on(build: Build) -> None:
    here = await build(((183, True), 0.2, 486))
    assert await here.fails(await here.phone()) == 486


# -- which trunk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [503, 500, 408, 401, 407])
async def test_a_trunk_that_fails_is_followed_by_the_next(build: Build, status: int) -> None:
    here = await build((status,), (180, 200))
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    assert [len(carrier.calls) for carrier in here.carriers] == [1, 1]


@pytest.mark.parametrize("status", [486, 404, 603, 480, 488])
async def test_a_refusal_of_the_far_end_is_no_reason_to_try_another_trunk(build: Build, status: int) -> None:
    here = await build((status,), (180, 200))
    assert await here.fails(await here.phone()) == status
    assert not here.carriers[1].calls


async def test_a_silent_trunk_is_followed_by_the_next(build: Build) -> None:
    here = await build((200,), (180, 200))
    await here.carriers[0].agent.stop(grace=0)
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    await here.desk.board.ledger.flush()
    assert len(here.desk.legs()) == 3


async def test_a_trunk_that_is_down_is_passed_over(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.ping.PATIENCE", 0.3)
    here = await build((200,), (180, 200), ping=0.2)
    trunks = {trunk.id: trunk for trunk in here.desk.board.trunks}
    await eventually(lambda: str(trunks["line-1"].report) == "reachable")
    await here.carriers[0].agent.stop(grace=0)
    await eventually(lambda: str(trunks["line-0"].report).startswith("unreachable since 2"))
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    phone.call.hangup()
    await here.desk.row()
    assert [leg.party for leg in here.desk.legs()] == ["1", NUMBER]  # one attempt, at the second trunk


async def test_a_gateway_that_logged_in_to_us_takes_calls(build: Build) -> None:
    here = await build((503,))
    gateway = await here.phone("city")
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    assert gateway.call.invite.uri.user == NUMBER


async def test_no_trunk_at_all(build: Build, tmp_path: Path) -> None:
    here = await build((200,), outgoing=False)
    assert await here.fails(await here.phone()) == 503
    assert not here.carrier.calls


# -- as whom -----------------------------------------------------------------------------------------------


async def test_the_carriers_challenge_is_answered(build: Build) -> None:
    here = await build((180, 200), mode="register", username="0755", password=PASSWORD)
    trunk = next(trunk for trunk in here.desk.board.trunks if trunk.id == "line-0")
    await eventually(lambda: str(trunk.report) == "registered")
    phone = await here.phone()
    await phone.dial(NUMBER)
    await phone.connected()
    invite = here.carrier.calls[0].invite
    assert (invite.from_address.uri.user, invite.from_address.uri.host) == ("0755", "127.0.0.2")
    assert invite.headers.get("Authorization")


async def test_a_call_takes_the_way_that_the_registrar_names(tmp_path: Path, build: Build) -> None:
    """RFC 3608: the Service-Route stands in the INVITE, and leads it."""
    here = await build((486,), mode="register", username="0755", password=PASSWORD)
    way = f"<sip:{here.carrier.server};lr;service=yes>"
    here.carrier.service_route = way
    trunk = next(trunk for trunk in here.desk.board.trunks if trunk.id == "line-0")
    assert trunk._registering is not None
    await eventually(lambda: str(trunk.report) == "registered")
    trunk._registering.registration.deadline = 0.0
    trunk._registering._tick()
    await eventually(lambda: trunk.service_route)
    assert await here.fails(await here.phone()) == 486
    assert here.carrier.calls[0].invite.headers.getlist("Route") == [way]


@pytest.mark.parametrize(
    ("settings", "caller", "asserted"),
    [
        ({}, "1", None),
        ({"caller_id": "02585001234"}, "02585001234", None),
        ({"caller_id": "02585001234", "assert_identity": True}, "02585001234", "02585001234"),
        ({"caller_id": "extension", "assert_identity": True}, "1", "1"),
    ],
)
async def test_who_is_shown_outside(
    build: Build, settings: dict[str, Any], caller: str, asserted: str | None
) -> None:
    here = await build((486,), prefix="9", **settings)
    await here.fails(await here.phone())
    invite = here.carrier.calls[0].invite
    assert invite.uri.user == f"9{NUMBER}"
    assert invite.from_address.uri.user == caller
    assert asserted_number(invite) == asserted


def test_an_accounts_own_name_is_shown_where_nothing_else_is_set() -> None:
    trunk = Trunk.model_validate(
        {"id": "t", "mode": "register", "username": "0755", "password": "x", "server": "c"}
    )
    assert shown(trunk, "8001") == "0755"
    assert credentials(trunk) is not None
    assert credentials(Trunk.model_validate({"id": "t", "mode": "ip", "server": "c"})) is None


@pytest.mark.parametrize(
    ("missed", "status"),
    [
        (Missed(Miss.BUSY, 486), 486),
        (Missed(Miss.UNREACHABLE, 404), 404),
        (Missed(Miss.UNREACHABLE), 503),
        (Missed(Miss.UNREACHABLE, 401), 503),  # the phone would answer it with its own password
        (Missed(Miss.UNREACHABLE, 302), 503),
        (Missed(Miss.NO_ANSWER), None),
    ],
)
def test_what_the_caller_hears(missed: Missed, status: int | None) -> None:
    assert refusal(missed) == status


# -- who may -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "register", "dialled", "status"),
    [
        ("3", True, NUMBER, 404),  # not allowed
        ("2", True, NUMBER, 404),  # allowed other numbers
        ("1", False, NUMBER, 404),  # not registered
        ("1", True, "*21*123#", 404),
    ],
)
async def test_who_may_not_never_reaches_a_trunk(
    build: Build, number: str, register: bool, dialled: str, status: int
) -> None:
    here = await build()
    assert await here.fails(await here.phone(number, register=register), dialled) == status
    assert not here.carrier.asked


@pytest.mark.parametrize("number", ["110", "119", "120"])
async def test_everybody_may_call_for_help(build: Build, number: str) -> None:
    here = await build((180, 200), prefix="9")
    phone = await here.phone("3", register=False)
    await phone.dial(number)
    await phone.connected()
    assert here.carrier.calls[0].invite.uri.user == number


async def test_whom_an_extension_called_outside_is_transferred_within(build: Build) -> None:
    """A3 by the page: the extension leaves, the other party stays."""
    here = await build()
    phone, other = await here.phone(), await here.phone("2")
    other.hertz = 700.0
    await phone.dial(NUMBER)
    await phone.connected()
    live = await here.desk.live()
    await here.desk.command("transfer", call_id=live.id, target="2")
    await phone.call.over()
    await other.hears(1000.0)


async def test_who_is_called_outside_does_not_send_our_phones_about(build: Build) -> None:
    here = await build()
    phone, other = await here.phone(), await here.phone("2")
    await phone.dial(NUMBER)
    await phone.connected()
    carrier = here.carrier.calls[0]
    refer = carrier.session.dialog.request("REFER")
    refer.headers.set("Refer-To", str(Address(URI("sip", "127.0.0.1", user="2"))))
    answers: list[int] = []

    class Owner:
        def receive(self, request: Any, response: Any, moment: Any) -> None:
            answers.append(response.code)

        def timed_out(self, request: Any, moment: Any) -> None:
            answers.append(0)

    here.carrier.agent.send(refer, carrier.session.dialog.next_hop(), Owner())
    await eventually(lambda: answers)
    assert answers == [403]
    assert not other.calls
