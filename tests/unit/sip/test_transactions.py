"""The four machines against the figures of RFC 3261 section 17 and RFC 6026, event by event."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import StateError
from sip.hop import Hop
from sip.message import Request, respond
from sip.transactions import (
    T1,
    T2,
    T4,
    TABLES,
    Action,
    Deliver,
    Event,
    Kind,
    Send,
    State,
    Step,
    TimedOut,
    Transaction,
    ack_of_refusal,
)
from tests.unit.sip.wire import request, response

THERE = ("192.0.2.2", 5060)
TIMERS = (Event.RETRANSMIT, Event.TIMEOUT, Event.LINGER, Event.LOST)
S, E = State, Event

# state: what each event leads to, read off the figures. What is missing must be refused.
FIGURES: dict[Kind, dict[State, dict[Event, State]]] = {
    Kind.INVITE_CLIENT: {
        S.CALLING: {
            E.START: S.CALLING,
            E.RETRANSMIT: S.CALLING,
            E.TIMEOUT: S.TERMINATED,
            E.LOST: S.TERMINATED,
            E.RECEIVE_1XX: S.PROCEEDING,
            E.RECEIVE_2XX: S.ACCEPTED,
            E.RECEIVE_FINAL: S.COMPLETED,
            E.CANCEL: S.CALLING,
        },
        S.PROCEEDING: {
            E.RECEIVE_1XX: S.PROCEEDING,
            E.RECEIVE_2XX: S.ACCEPTED,
            E.RECEIVE_FINAL: S.COMPLETED,
            E.CANCEL: S.PROCEEDING,
            E.TIMEOUT: S.TERMINATED,
        },
        S.ACCEPTED: {
            E.RECEIVE_1XX: S.ACCEPTED,
            E.RECEIVE_2XX: S.ACCEPTED,
            E.RECEIVE_FINAL: S.ACCEPTED,
            E.CANCEL: S.ACCEPTED,
            E.LINGER: S.TERMINATED,
        },
        S.COMPLETED: {
            E.RECEIVE_1XX: S.COMPLETED,
            E.RECEIVE_2XX: S.COMPLETED,
            E.RECEIVE_FINAL: S.COMPLETED,
            E.CANCEL: S.COMPLETED,
            E.LINGER: S.TERMINATED,
        },
    },
    Kind.CLIENT: {
        S.TRYING: {
            E.START: S.TRYING,
            E.RETRANSMIT: S.TRYING,
            E.TIMEOUT: S.TERMINATED,
            E.LOST: S.TERMINATED,
            E.RECEIVE_1XX: S.PROCEEDING,
            E.RECEIVE_2XX: S.COMPLETED,
            E.RECEIVE_FINAL: S.COMPLETED,
        },
        S.PROCEEDING: {
            E.RETRANSMIT: S.PROCEEDING,
            E.TIMEOUT: S.TERMINATED,
            E.RECEIVE_1XX: S.PROCEEDING,
            E.RECEIVE_2XX: S.COMPLETED,
            E.RECEIVE_FINAL: S.COMPLETED,
        },
        S.COMPLETED: {
            E.RECEIVE_1XX: S.COMPLETED,
            E.RECEIVE_2XX: S.COMPLETED,
            E.RECEIVE_FINAL: S.COMPLETED,
            E.LINGER: S.TERMINATED,
        },
    },
    Kind.INVITE_SERVER: {
        S.PROCEEDING: {
            E.START: S.PROCEEDING,
            E.REQUEST: S.PROCEEDING,
            E.ACK: S.PROCEEDING,
            E.SEND_1XX: S.PROCEEDING,
            E.SEND_2XX: S.ACCEPTED,
            E.SEND_FINAL: S.COMPLETED,
        },
        S.ACCEPTED: {
            E.REQUEST: S.ACCEPTED,
            E.ACK: S.ACCEPTED,
            E.SEND_2XX: S.ACCEPTED,
            E.LINGER: S.TERMINATED,
        },
        S.COMPLETED: {
            E.REQUEST: S.COMPLETED,
            E.RETRANSMIT: S.COMPLETED,
            E.TIMEOUT: S.TERMINATED,
            E.ACK: S.CONFIRMED,
        },
        S.CONFIRMED: {E.REQUEST: S.CONFIRMED, E.ACK: S.CONFIRMED, E.LINGER: S.TERMINATED},
    },
    Kind.SERVER: {
        S.TRYING: {
            E.START: S.TRYING,
            E.REQUEST: S.TRYING,
            E.SEND_1XX: S.PROCEEDING,
            E.SEND_2XX: S.COMPLETED,
            E.SEND_FINAL: S.COMPLETED,
        },
        S.PROCEEDING: {
            E.REQUEST: S.PROCEEDING,
            E.SEND_1XX: S.PROCEEDING,
            E.SEND_2XX: S.COMPLETED,
            E.SEND_FINAL: S.COMPLETED,
        },
        S.COMPLETED: {E.REQUEST: S.COMPLETED, E.LINGER: S.TERMINATED},
    },
}
CODES = {E.RECEIVE_1XX: 180, E.RECEIVE_2XX: 200, E.RECEIVE_FINAL: 486}


def make(kind: Kind, state: State | None = None) -> Transaction:
    method = "INVITE" if kind in (Kind.INVITE_CLIENT, Kind.INVITE_SERVER) else "OPTIONS"
    transaction = Transaction(kind, request(method), THERE, ("key",))
    if state is not None:
        transaction.state = state
    return transaction


def message_for(event: Event, asked: Request) -> object:
    return response(asked, CODES[event]) if event in CODES else asked


def wires(effects: object) -> list[bytes]:
    assert isinstance(effects, list)
    return [effect.data for effect in effects if isinstance(effect, Send)]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_event_in_every_state(kind: Kind, state: State, event: Event) -> None:
    transaction = make(kind, state)
    wanted = FIGURES[kind].get(state, {}).get(event)
    message = message_for(event, transaction.request)
    if wanted is not None:
        transaction.handle(event, 0.0, message)  # type: ignore[arg-type]
        assert transaction.state is wanted
        return
    before = copy.copy(transaction.__dict__)
    if state is S.TERMINATED or event in TIMERS:  # overtaken: nothing to do
        assert transaction.handle(event, 0.0, message) == []  # type: ignore[arg-type]
    else:
        with pytest.raises(StateError):
            transaction.handle(event, 0.0, message)  # type: ignore[arg-type]
    assert transaction.__dict__ == before


@pytest.mark.parametrize("kind", Kind)
def test_every_state_of_a_table_leads_to_the_end(kind: Kind) -> None:
    table: dict[tuple[State, Event], Step] = TABLES[kind]
    states = {state for state, _ in table} | {step.to for step in table.values()}
    ending = {S.TERMINATED}
    while more := {state for (state, _), step in table.items() if step.to in ending} - ending:
        ending |= more
    assert states == ending


def run(transaction: Transaction, until: float) -> list[tuple[float, object]]:
    """All that the timers do until then, with when."""
    done: list[tuple[float, object]] = []
    while (when := transaction.deadline) is not None and when <= until:
        done += [(when, effect) for effect in transaction.tick(when)]
    return done


def test_invite_client_timers_a_and_b() -> None:
    transaction = make(Kind.INVITE_CLIENT)
    first = wires(transaction.start(0.0))
    done = run(transaction, 100)
    assert [when for when, effect in done if isinstance(effect, Send)] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert {effect.data for _, effect in done if isinstance(effect, Send)} == set(first)
    assert done[-1] == (64 * T1, TimedOut(transaction))
    assert transaction.terminated


def test_invite_client_stops_repeating_once_it_is_heard() -> None:
    transaction = make(Kind.INVITE_CLIENT)
    transaction.start(0.0)
    ringing = response(transaction.request, 180)
    assert transaction.receive(ringing, 0.2) == [Deliver(transaction, ringing)]
    assert transaction.deadline is None


def test_invite_client_acknowledges_each_refusal_and_tells_it_once() -> None:
    """Timer D is 32 s; section 17.1.1.3 for the ACK."""
    transaction = make(Kind.INVITE_CLIENT)
    transaction.start(0.0)
    busy = response(transaction.request, 486)
    ack, told = transaction.receive(busy, 1.0)
    assert isinstance(ack, Send)
    assert ack.data.startswith(b"ACK sip:8000@192.0.2.9 SIP/2.0\r\n")
    assert told == Deliver(transaction, busy)
    assert transaction.receive(busy, 2.0) == [ack]
    assert run(transaction, 32.9) == []
    transaction.tick(33.0)
    assert transaction.terminated


def test_invite_client_waits_64_t1_after_a_2xx_for_more_of_them() -> None:
    """RFC 6026 section 7.2, timer M: another branch of a fork may answer too."""
    transaction = make(Kind.INVITE_CLIENT)
    transaction.start(0.0)
    accepted = response(transaction.request, 200)
    assert transaction.receive(accepted, 1.0) == [Deliver(transaction, accepted)]
    assert transaction.receive(accepted, 20.0) == [Deliver(transaction, accepted)]
    assert transaction.receive(response(transaction.request, 486), 21.0) == []
    assert transaction.deadline == 1.0 + 64 * T1


def test_a_cancelled_invite_ends_64_t1_after_the_cancel() -> None:
    """Section 9.1: a phone that rings and then dies must not hold the transaction for ever."""
    transaction = make(Kind.INVITE_CLIENT)
    transaction.start(0.0)
    transaction.receive(response(transaction.request, 180), 1.0)
    assert transaction.cancel(10.0) == []
    assert run(transaction, 100) == [(10.0 + 64 * T1, TimedOut(transaction))]
    assert transaction.terminated


def test_a_cancelled_invite_that_is_answered_ends_by_its_own_timers() -> None:
    transaction = make(Kind.INVITE_CLIENT)
    transaction.start(0.0)
    transaction.receive(response(transaction.request, 180), 1.0)
    transaction.cancel(10.0)
    transaction.receive(response(transaction.request, 487), 11.0)
    assert run(transaction, 100) == []
    assert transaction.terminated


def test_client_timers_e_and_f() -> None:
    transaction = make(Kind.CLIENT)
    transaction.start(0.0)
    done = run(transaction, 100)
    sent = [when for when, effect in done if isinstance(effect, Send)]
    assert sent == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]  # T1 doubled to T2, then T2
    assert done[-1] == (64 * T1, TimedOut(transaction))


def test_client_repeats_every_t2_once_it_is_heard() -> None:
    transaction = make(Kind.CLIENT)
    transaction.start(0.0)
    transaction.receive(response(transaction.request, 100), 0.1)
    sent = [when for when, effect in run(transaction, 13) if isinstance(effect, Send)]
    assert sent == [T1, T1 + T2, T1 + 2 * T2, T1 + 3 * T2]


def test_client_absorbs_repeats_of_the_answer_for_t4() -> None:
    transaction = make(Kind.CLIENT)
    transaction.start(0.0)
    answer = response(transaction.request, 200)
    assert transaction.receive(answer, 1.0) == [Deliver(transaction, answer)]
    assert transaction.receive(answer, 2.0) == []
    assert transaction.deadline == 1.0 + T4


def test_invite_server_timers_g_and_h() -> None:
    transaction = make(Kind.INVITE_SERVER)
    transaction.start(0.0)
    first = wires(transaction.respond(respond(transaction.request, 486, to_tag="me"), 0.0))
    done = run(transaction, 100)
    assert [when for when, _ in done] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert {effect.data for _, effect in done if isinstance(effect, Send)} == set(first)
    assert transaction.terminated


def test_invite_server_confirms_and_forgets_after_t4() -> None:
    transaction = make(Kind.INVITE_SERVER)
    transaction.start(0.0)
    transaction.respond(respond(transaction.request, 486, to_tag="me"), 0.0)
    ack = request("ACK")
    assert transaction.receive(ack, 0.1) == []
    assert transaction.state is S.CONFIRMED
    assert transaction.receive(transaction.request, 0.2) == []
    assert transaction.deadline == 0.1 + T4


def test_invite_server_repeats_its_newest_answer_to_a_repeated_invite() -> None:
    transaction = make(Kind.INVITE_SERVER)
    transaction.start(0.0)
    assert transaction.receive(transaction.request, 0.0) == []  # nothing to say yet
    ringing = wires(transaction.respond(respond(transaction.request, 180, to_tag="me"), 0.1))
    assert wires(transaction.receive(transaction.request, 0.5)) == ringing
    accepted = wires(transaction.respond(respond(transaction.request, 200, to_tag="me"), 1.0))
    assert wires(transaction.receive(transaction.request, 1.5)) == accepted
    assert transaction.deadline == 1.0 + 64 * T1  # RFC 6026, timer L


def test_server_timer_j() -> None:
    transaction = make(Kind.SERVER)
    transaction.start(0.0)
    said = wires(transaction.respond(respond(transaction.request, 200), 1.0))
    assert wires(transaction.receive(transaction.request, 2.0)) == said
    assert transaction.deadline == 1.0 + 64 * T1
    transaction.tick(1.0 + 64 * T1)
    assert transaction.terminated


def test_a_second_final_answer_is_refused_and_changes_nothing() -> None:
    transaction = make(Kind.SERVER)
    transaction.start(0.0)
    said = wires(transaction.respond(respond(transaction.request, 200), 0.0))
    with pytest.raises(StateError):
        transaction.respond(respond(transaction.request, 500), 0.1)
    assert wires(transaction.receive(transaction.request, 0.2)) == said


def test_the_ack_of_a_refusal_belongs_to_the_invite() -> None:
    """Section 17.1.1.3: same URI, branch, Call-ID, From, Route and number; To of the response."""
    invite = request(extra="Route: <sip:p1;lr>, <sip:p2;lr>\nRoute: <sip:p3;lr>")
    ack = ack_of_refusal(invite, response(invite, 486, tag="they"))
    assert ack.headers.get("Via") == invite.headers.get("Via")
    assert ack.headers.getlist("Route") == invite.headers.getlist("Route")
    assert ack.headers.get("CSeq") == "1 ACK"
    assert ack.headers.get("To") == "<sip:8000@192.0.2.9>;tag=they"
    for name in ("From", "Call-ID"):
        assert ack.headers.get(name) == invite.headers.get(name)


@given(
    st.sampled_from(Kind),
    st.lists(
        st.tuples(st.sampled_from([*Event, None]), st.floats(0, 20)),
        max_size=30,
    ),
)
def test_no_sequence_of_events_breaks_a_machine(kind: Kind, events: list[tuple[Event | None, float]]) -> None:
    transaction = make(kind)
    transaction.start(0.0)
    now = 0.0
    for event, later in events:
        now += later
        before = transaction.state
        try:
            if event is None:
                transaction.tick(now)
            elif event.value.startswith("send"):
                code = {E.SEND_1XX: 180, E.SEND_2XX: 200, E.SEND_FINAL: 500}[event]
                transaction.respond(respond(transaction.request, code), now)
            elif event not in (E.START, *TIMERS):
                message = message_for(event, transaction.request)
                transaction.handle(event, now, message)  # type: ignore[arg-type]
        except StateError:
            assert transaction.state is before
        known = {state for state, _ in TABLES[kind]} | {S.TERMINATED}
        assert transaction.state in known
        assert not (transaction.terminated and transaction.deadline)
        assert len(transaction._deadlines) <= 3
    assert set(transaction._deadlines) <= set(TIMERS)
    assert not isinstance(transaction.deadline, Action)


OVER_TCP = Hop("192.0.2.2", 5060, "TCP", connection=1)


@pytest.mark.parametrize("kind", list(Kind))
def test_over_a_connection_nothing_is_sent_twice_and_nobody_lingers(kind: Kind) -> None:
    """RFC 3261 table 4: timers A, E and G never fire, D, I, J and K are zero."""
    asked = request("INVITE" if kind in (Kind.INVITE_CLIENT, Kind.INVITE_SERVER) else "OPTIONS")
    transaction = Transaction(kind, asked, OVER_TCP, ("key",))
    transaction.start(0.0)
    if kind in (Kind.INVITE_CLIENT, Kind.CLIENT):
        assert transaction.deadline == 64 * T1
        transaction.receive(respond(asked, 486), 1.0)
    else:
        transaction.respond(respond(asked, 486), 1.0)
    if kind is Kind.INVITE_SERVER:
        assert transaction.deadline == 1.0 + 64 * T1  # timer H: the ACK may yet come
        transaction.handle(Event.ACK, 1.0, asked)
    assert transaction.deadline == 1.0
    transaction.tick(1.0)
    assert transaction.terminated


def test_a_2xx_is_waited_for_over_a_connection_too() -> None:
    transaction = Transaction(Kind.INVITE_CLIENT, request(), OVER_TCP, ("key",))
    transaction.start(0.0)
    transaction.receive(respond(transaction.request, 200), 1.0)
    assert transaction.deadline == 1.0 + 64 * T1  # RFC 6026 timer M


def test_a_lost_connection_ends_the_wait_for_a_first_answer() -> None:
    transaction = Transaction(Kind.INVITE_CLIENT, request(), OVER_TCP, ("key",))
    transaction.start(0.0)
    assert transaction.lost(1.0) == [TimedOut(transaction)]
    assert transaction.terminated
    ringing = Transaction(Kind.INVITE_CLIENT, request(), OVER_TCP, ("key",))
    ringing.start(0.0)
    ringing.receive(respond(ringing.request, 180), 1.0)
    assert ringing.lost(2.0) == []
    assert ringing.state is State.PROCEEDING
