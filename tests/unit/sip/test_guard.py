"""The guard: rates, offences, bans that grow, who is spared, and bounds on what it remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.guard import FORGET, Guard, Limits, Offence, Rule

SCANNER = "203.0.113.9"
PHONE = "192.0.2.1"


def scan(guard: Guard, seconds: float, per_second: int, start: float = 0.0, source: str = SCANNER) -> int:
    """How many of a scanner's requests are heard."""
    heard = 0
    for number in range(int(seconds * per_second)):
        now = start + number / per_second
        heard += not guard.banned(source, now) and guard.request(source, now)
    return heard


def ban_once(guard: Guard, now: float) -> None:
    for _ in range(10):
        guard.offend(SCANNER, Offence.PASSWORD, now)


def test_row_25_a_scanner_is_throttled_then_banned() -> None:
    guard = Guard()
    assert scan(guard, 10.0, 100) <= 50
    assert guard.banned(SCANNER, 10.0)
    assert guard.counters["bans"] == 1
    assert guard.figures(10.0)["guard_banned"] == 1
    assert guard.counters["throttled"] == 50  # then the ban, and nothing is looked at


def test_a_busy_phone_is_neither() -> None:
    guard = Guard()
    assert scan(guard, 600.0, 5) == 3000
    assert not guard.banned(SCANNER, 600.0)


def test_a_burst_is_heard() -> None:
    guard = Guard()
    assert sum(guard.request(SCANNER, 1.0) for _ in range(60)) == 40
    assert guard.request(SCANNER, 2.0)


@pytest.mark.parametrize("offence", [Offence.PASSWORD, Offence.FLOOD])
def test_offences_that_are_far_apart_ban_nobody(offence: Offence) -> None:
    guard = Guard()
    rule = guard.limits.rules[offence]
    for number in range(100):
        guard.offend(SCANNER, offence, number * rule.seconds / (rule.count - 2))
    assert guard.counters["bans"] == 0


def test_the_same_name_again_is_one_offence() -> None:
    guard = Guard()
    for _ in range(100):
        guard.offend(SCANNER, Offence.NAME, 1.0, "1001")
    assert not guard.banned(SCANNER, 1.0)
    for number in range(19):
        guard.offend(SCANNER, Offence.NAME, 2.0, str(number))
    assert guard.banned(SCANNER, 2.0)


def test_bans_grow_up_to_the_longest_and_begin_anew_after_a_quiet_time() -> None:
    guard = Guard(Limits(ban=60.0, growth=4.0, longest=1000.0))
    now, lasted = 0.0, []
    for _ in range(4):
        ban_once(guard, now)
        ban = guard.news()[-1]
        lasted.append(ban.seconds)
        assert guard.banned(SCANNER, now + ban.seconds - 0.1)
        now += ban.seconds
        assert not guard.banned(SCANNER, now)
    assert lasted == [60.0, 240.0, 960.0, 1000.0]
    guard.tick(now + FORGET)
    ban_once(guard, now + FORGET + 1)
    assert guard.news()[-1].seconds == 60.0


def test_a_ban_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    guard = Guard()
    ban_once(guard, 0.0)
    for number in range(500):
        guard.banned(SCANNER, number / 100)
    (begun,) = guard.news()
    assert (begun.source, begun.why, begun.offences, begun.ended) == (SCANNER, Offence.PASSWORD, 10, False)
    assert guard.news() == []
    guard.tick(59.0)
    assert guard.news() == []
    guard.tick(60.0)
    guard.tick(61.5)
    (ended,) = guard.news()
    assert (ended.ended, ended.dropped) == (True, 500)


def test_packets_that_cannot_be_read_ban_nobody() -> None:
    guard = Guard()
    answered = sum(guard.malformed(SCANNER, number / 1000) for number in range(10_000))
    assert answered <= 40 + 100 + 1  # the burst, and ten a second
    assert not guard.banned(SCANNER, 10.0)
    assert guard.request(SCANNER, 10.0)


@pytest.mark.parametrize("allow", [(SCANNER,), ("203.0.113.0/24",), ("2001:db8::/32", "203.0.0.0/8")])
def test_the_allow_list_is_spared(allow: tuple[str, ...]) -> None:
    guard = Guard(Limits(allow=allow))
    assert scan(guard, 5.0, 100) == 500
    ban_once(guard, 1.0)
    assert not guard.banned(SCANNER, 1.0)
    assert guard.trusts("203.0.113.9", 0.0) and not guard.trusts("not an address", 0.0)


def test_whoever_has_shown_a_password_is_spared_for_a_while() -> None:
    guard = Guard()
    guard.offend(PHONE, Offence.PASSWORD, 0.0)
    guard.trust(PHONE, 100.0)
    guard.trust(PHONE, 50.0)  # a shorter time takes nothing away
    assert scan(guard, 5.0, 100, 1.0, PHONE) == 500
    for _ in range(100):
        guard.offend(PHONE, Offence.PASSWORD, 99.0)
    assert guard.counters["bans"] == 0
    assert scan(guard, 5.0, 100, 100.0, PHONE) < 60


def test_transactions_of_strangers_and_dialogs_of_all_are_bounded() -> None:
    guard = Guard(Limits(transactions=2, dialogs=1))
    assert [guard.open_transaction(SCANNER, 0.0) for _ in range(3)] == [True, True, False]
    guard.close_transaction(SCANNER)
    assert guard.open_transaction(SCANNER, 0.0)
    guard.trust(PHONE, 10.0)
    assert all(guard.open_transaction(PHONE, 0.0) for _ in range(5))
    assert [guard.open_dialog(PHONE), guard.open_dialog(PHONE)] == [True, False]
    guard.close_dialog(PHONE)
    assert guard.open_dialog(PHONE)


def test_forged_sources_take_a_bounded_memory() -> None:
    limits = Limits(sources=100, rules={offence: Rule(1, 60.0) for offence in Offence})
    guard = Guard(limits)
    for number in range(5000):
        source = f"10.0.{number // 256}.{number % 256}"
        guard.request(source, 0.0)
        guard.malformed(source, 0.0)
        guard.offend(source, Offence.NAME, 0.0, "x" * 10_000)
        guard.trust(f"t{source}", 1.0)
        guard.open_transaction(source, 0.0)
        guard.close_transaction(source)
    assert len(guard._sources) <= 100
    assert len(guard._sentences) <= 100
    assert len(guard._known) <= 100
    assert len(guard._transactions) == 0


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 2), st.sampled_from(list(Offence))), max_size=300)
)
def test_one_source_never_harms_another(events: list[tuple[str, float, Offence]]) -> None:
    both, alone = Guard(), Guard()
    now = 0.0
    for source, seconds, offence in events:
        now += seconds
        for guard in (both, alone) if source == "a" else (both,):
            if not guard.banned(source, now) and guard.request(source, now):
                guard.offend(source, offence, now, str(now))
        assert both.banned("a", now) == alone.banned("a", now)
