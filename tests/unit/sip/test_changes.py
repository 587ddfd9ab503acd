"""Our own re-INVITEs and UPDATEs, with time and dice as arguments."""

from __future__ import annotations

import pytest

from sip.changes import MAX_GLARES, Changes
from sip.dialog import Dialog, LocalSide
from sip.effects import Change, Changed, Effect, SendAck, SendRequest
from sip.message import URI, Address, Request, Response
from sip.sdp import Description
from sip.session_messages import renewed
from sip.session_timer import Refresher, SessionTimer
from tests.unit.sip.wire import SDP, response

OFFER = Change("INVITE", SDP)


class Setting:
    """A confirmed dialog, and credentials where `password`."""

    def __init__(self, *, dice: float = 0.5, caller: bool = True, password: bool = False) -> None:
        me = Address(URI("sip", "192.0.2.9", user="desk"))
        target = URI.parse("sip:agent@192.0.2.2")
        self.dialog = Dialog.outgoing(LocalSide("192.0.2.9", 5060), target, from_address=me)
        self.dialog.confirm(response(self.dialog.request("INVITE"), 200))
        self.timer = SessionTimer()
        self.changes = Changes(
            self.dialog,
            self.timer,
            lambda request, challenge: renewed(request, self.dialog) if password else None,
            self.timer.ask,
            lambda: dice,
            caller,
        )

    def begin(self, change: Change = OFFER, now: float = 0.0) -> Request:
        self.changes.want(change)
        return request_of(self.changes.start(now))

    def answer(self, asked: Request, code: int, now: float = 1.0, **more: object) -> list[Effect]:
        reply: Response = response(asked, code, **more)  # type: ignore[arg-type]
        assert self.changes.owns(reply)
        return self.changes.receive(reply, now)


def request_of(effects: list[Effect]) -> Request:
    (effect,) = effects
    assert isinstance(effect, SendRequest)
    return effect.request


def test_a_reinvite_is_sent_answered_and_acknowledged() -> None:
    here = Setting()
    asked = here.begin()
    assert (asked.method, asked.cseq.sequence, asked.body) == ("INVITE", 2, SDP)
    assert here.changes.offering
    assert here.answer(asked, 100) == []
    ack, changed = here.answer(asked, 200, body=SDP, contact="<sip:moved@192.0.2.3>")
    assert isinstance(ack, SendAck) and ack.request.cseq.sequence == 2
    assert str(ack.request.uri) == "sip:moved@192.0.2.3"
    assert changed == Changed(OFFER, 200, "OK", Description.parse(SDP))
    assert not here.changes.offering
    assert here.answer(asked, 200, body=SDP) == [SendAck(ack.request)]  # our ACK was lost


def test_an_update_needs_no_ack() -> None:
    here = Setting()
    asked = here.begin(Change("UPDATE", SDP))
    (changed,) = here.answer(asked, 200, body=SDP)
    assert isinstance(changed, Changed) and changed.description is not None


def test_the_second_waits_for_the_first() -> None:
    here = Setting()
    asked = here.begin()
    here.changes.want(Change("UPDATE"))
    assert here.changes.start(0.0) == []
    *_, following = here.answer(asked, 200, body=SDP)
    assert isinstance(following, SendRequest) and following.request.method == "UPDATE"


@pytest.mark.parametrize(
    ("caller", "dice", "pause"), [(True, 0.0, 2.1), (True, 1.0, 4.0), (False, 0.0, 0.0), (False, 0.999, 2.0)]
)
def test_row_3_glare_is_tried_again_after_a_while(caller: bool, dice: float, pause: float) -> None:
    """RFC 3261 section 14.1."""
    here = Setting(caller=caller, dice=dice)
    asked = here.begin()
    assert here.answer(asked, 491, now=10.0) == []
    assert here.changes.deadline == pytest.approx(10.0 + pause)
    assert not here.changes.offering
    if pause:
        assert here.changes.start(10.0 + pause - 0.01) == []
    again = request_of(here.changes.start(10.0 + pause))
    assert (again.cseq.sequence, again.body) == (3, SDP)


def test_endless_glare_is_a_refusal() -> None:
    here = Setting(dice=0.0, caller=False)
    asked = here.begin()
    for _ in range(MAX_GLARES):
        assert here.answer(asked, 491) == []
        asked = request_of(here.changes.start(2.0))
    (changed,) = here.answer(asked, 491)
    assert isinstance(changed, Changed) and changed.code == 491


def test_a_challenge_is_answered() -> None:
    here = Setting(password=True)
    asked = here.begin()
    again = request_of(here.answer(asked, 401))
    assert again.cseq.sequence == 3
    assert not here.changes.owns(response(asked, 401))
    again.headers.set("Authorization", "Digest x")
    ack = here.answer(again, 200, body=SDP)[0]
    assert isinstance(ack, SendAck)
    assert ack.request.headers.get("Authorization") == "Digest x"


def test_a_challenge_without_credentials_is_a_refusal() -> None:
    here = Setting()
    (changed,) = here.answer(here.begin(), 407)
    assert isinstance(changed, Changed) and changed.code == 407
    assert here.changes.lost == ""


def test_row_18_a_422_is_answered_with_a_longer_interval() -> None:
    here = Setting()
    again = request_of(here.answer(here.begin(), 422, extra=(("Min-SE", "3600"),)))
    assert again.headers.get("Session-Expires") == "3600"


@pytest.mark.parametrize("code", [408, 481])
def test_row_18_a_dialog_that_they_do_not_know_is_dead(code: int) -> None:
    """Section 12.2.1.2."""
    here = Setting()
    here.answer(here.begin(), code)
    assert str(code) in here.changes.lost


def test_row_18_no_answer_at_all_is_a_dead_dialog() -> None:
    here = Setting()
    asked = here.begin()
    assert here.changes.timed_out(asked) == [Changed(OFFER, 408, "no answer")]
    assert "no answer" in here.changes.lost
    assert here.changes.timed_out(asked) is None


def test_row_18_a_refresh_starts_the_timer_anew() -> None:
    here = Setting()
    asked = here.begin(Change("UPDATE", refresh=True))
    assert here.changes.refreshing
    here.answer(asked, 200, now=7.0, extra=(("Session-Expires", "90;refresher=uac"),))
    assert here.timer.refresher is Refresher.US
    assert here.timer.deadline == 52.0
    assert not here.changes.refreshing


def test_row_18_a_refresh_by_update_falls_back_to_a_reinvite() -> None:
    here = Setting()
    asked = here.begin(Change("UPDATE", refresh=True, last=SDP))
    again = request_of(here.answer(asked, 501))
    assert (again.method, again.body) == ("INVITE", SDP)


def test_a_refused_refresh_is_tried_again() -> None:
    here = Setting()
    here.answer(
        here.begin(Change("UPDATE", refresh=True)), 200, extra=(("Session-Expires", "90;refresher=uac"),)
    )
    here.timer.tick(46.0)
    here.answer(here.begin(Change("UPDATE", refresh=True)), 500, now=46.0)
    assert here.timer.deadline == 53.5
