"""Session timers with time as an argument (RFC 4028)."""

from __future__ import annotations

import pytest

from sip.errors import PeerError
from sip.message import Request, Response, respond
from sip.session_timer import Due, Refresher, SessionExpires, SessionTimer, TimerPolicy, least
from tests.unit.sip.wire import request, response

KNOWS = "Supported: timer"


def ours() -> Request:
    return request("INVITE")


def granted(text: str | None, timer: SessionTimer, now: float = 0.0) -> None:
    timer.granted(response(ours(), 200, extra=(("Session-Expires", text),) if text else ()), now)


def granting(timer: SessionTimer, *lines: str, now: float = 0.0) -> Response:
    asked = request("INVITE", extra="\n".join(lines))
    reply = respond(asked, 200)
    timer.check(asked)
    timer.grant(asked, reply, now)
    return reply


def test_reading_and_writing_the_header() -> None:
    read = SessionExpires.read(request(extra="Session-Expires: 1800 ; x=1;Refresher=UAC"))
    assert read == SessionExpires(1800, "uac")
    assert str(read) == "1800;refresher=uac"
    assert SessionExpires.read(request(extra="x: 120")) == SessionExpires(120)  # the compact form
    assert SessionExpires.read(request()) is None
    with pytest.raises(PeerError):
        SessionExpires.read(request(extra="Session-Expires: soon"))


def test_min_se_is_never_below_the_floor() -> None:
    assert least(request(extra="Min-SE: 30")) == 90
    assert least(request(extra="Min-SE: 120;x")) == 120
    assert least(request(extra="Min-SE: x")) == least(request()) == 90


# --- our requests ---


def test_we_ask_for_what_the_policy_says() -> None:
    invite = ours()
    SessionTimer(TimerPolicy(600)).ask(invite)
    assert invite.headers.get("Session-Expires") == "600"
    assert invite.headers.get("Min-SE") is None
    other = ours()
    SessionTimer(TimerPolicy(600, min_se=120)).ask(other)
    assert other.headers.get("Min-SE") == "120"


def test_without_a_wish_nothing_is_asked() -> None:
    invite = ours()
    SessionTimer(TimerPolicy(0)).ask(invite)
    assert invite.headers.get("Session-Expires") is None


def test_row_18_as_refresher_we_refresh_at_half_the_time_and_keep_the_role() -> None:
    timer = SessionTimer()
    granted("600;refresher=uac", timer, now=1000.0)
    assert (timer.interval, timer.refresher, timer.deadline) == (600, Refresher.US, 1300.0)
    assert timer.tick(1299.9) is None
    assert timer.tick(1300.0) is Due.REFRESH
    assert timer.tick(1300.0) is None  # once
    again = ours()
    timer.ask(again)
    assert again.headers.get("Session-Expires") == "600;refresher=uac"
    granted("600;refresher=uac", timer, now=1301.0)
    assert timer.deadline == 1601.0


@pytest.mark.parametrize(("seconds", "before"), [(1800, 32.0), (90, 30.0)])
def test_row_18_a_dead_refresher_ends_it_a_little_before_the_interval_does(
    seconds: int, before: float
) -> None:
    timer = SessionTimer()
    granted(f"{seconds};refresher=uas", timer)
    assert timer.refresher is Refresher.THEM
    assert timer.deadline == seconds - before
    assert timer.tick(seconds - before) is Due.EXPIRED
    assert timer.deadline is None
    assert timer.tick(seconds * 2.0) is None


def test_a_refresh_without_an_answer_ends_it_too() -> None:
    timer = SessionTimer()
    granted("90;refresher=uac", timer)
    assert timer.tick(45.0) is Due.REFRESH
    assert timer.tick(60.0) is Due.EXPIRED


def test_a_refused_refresh_is_tried_again_in_the_time_that_is_left() -> None:
    timer = SessionTimer()
    granted("90;refresher=uac", timer)
    timer.tick(45.0)
    timer.refused(46.0)
    assert timer.deadline == 53.0
    assert timer.tick(53.0) is Due.REFRESH


def test_no_header_in_the_2xx_means_no_timer() -> None:
    timer = SessionTimer()
    granted("90;refresher=uac", timer)
    granted(None, timer)
    assert (timer.interval, timer.deadline) == (None, None)
    granted("soon", timer)
    assert timer.deadline is None


def test_a_2xx_that_names_nobody_makes_us_refresh() -> None:
    timer = SessionTimer()
    granted("600", timer)
    assert timer.refresher is Refresher.US


def test_row_18_a_422_raises_what_we_ask_for() -> None:
    timer = SessionTimer(TimerPolicy(100))
    assert timer.too_small(response(ours(), 422, extra=(("Min-SE", "300"),)))
    invite = ours()
    timer.ask(invite)
    assert invite.headers.get("Session-Expires") == "300"
    assert invite.headers.get("Min-SE") == "300"
    assert not timer.too_small(response(ours(), 422, extra=(("Min-SE", "300"),)))  # no loop
    assert not timer.too_small(response(ours(), 422))
    assert not timer.too_small(response(ours(), 500, extra=(("Min-SE", "900"),)))


# --- their requests ---


def test_row_18_too_short_an_interval_gets_422_with_min_se() -> None:
    timer = SessionTimer(TimerPolicy(min_se=120))
    with pytest.raises(PeerError) as caught:
        granting(timer, KNOWS, "Session-Expires: 100")
    assert caught.value.status == 422
    assert caught.value.headers == (("Min-SE", "120"),)


def test_who_knows_no_422_gets_the_least_instead() -> None:
    timer = SessionTimer(TimerPolicy(min_se=120))
    reply = granting(timer, "Session-Expires: 100")
    assert reply.headers.get("Session-Expires") == "120;refresher=uas"
    assert reply.headers.get("Require") is None
    assert timer.refresher is Refresher.US


@pytest.mark.parametrize(
    ("lines", "wanted", "refresher"),
    [
        ((KNOWS, "Session-Expires: 600"), "600;refresher=uac", Refresher.THEM),
        ((KNOWS, "Session-Expires: 600;refresher=uac"), "600;refresher=uac", Refresher.THEM),
        ((KNOWS, "Session-Expires: 600;refresher=uas"), "600;refresher=uas", Refresher.US),
        ((KNOWS, "Session-Expires: 7200"), "1800;refresher=uac", Refresher.THEM),
        ((KNOWS, "Session-Expires: 7200", "Min-SE: 3600"), "3600;refresher=uac", Refresher.THEM),
        ((KNOWS,), "1800;refresher=uac", Refresher.THEM),
    ],
)
def test_row_18_what_is_granted(lines: tuple[str, ...], wanted: str, refresher: Refresher) -> None:
    """RFC 4028 section 9, table 2."""
    timer = SessionTimer()
    reply = granting(timer, *lines)
    assert reply.headers.get("Session-Expires") == wanted
    assert reply.headers.get("Require") == "timer"
    assert timer.refresher is refresher


def test_who_neither_knows_nor_asks_gets_no_timer() -> None:
    timer = SessionTimer()
    assert granting(timer).headers.get("Session-Expires") is None
    assert timer.deadline is None


def test_a_policy_without_a_wish_still_grants() -> None:
    timer = SessionTimer(TimerPolicy(0))
    assert granting(timer, KNOWS).headers.get("Session-Expires") is None
    assert granting(timer, KNOWS, "Session-Expires: 7200").headers.get("Session-Expires") == (
        "7200;refresher=uac"
    )


def test_their_refresh_moves_the_end_and_keeps_our_role() -> None:
    timer = SessionTimer()
    granting(timer, KNOWS, "Session-Expires: 90;refresher=uas", now=0.0)
    reply = granting(timer, KNOWS, "Session-Expires: 90", now=40.0)  # they re-INVITE for a hold
    assert reply.headers.get("Session-Expires") == "90;refresher=uas"
    assert timer.deadline == 85.0
    reply = granting(timer, KNOWS, now=50.0)  # a hold by a phone that names no interval
    assert reply.headers.get("Session-Expires") == "90;refresher=uas"
