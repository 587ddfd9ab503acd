"""A12: whose customer a caller is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.domain import claims
from callcenter.domain.claims import Claims

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def test_who_first_served_a_caller_keeps_them_for_a_week() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    assert kept.holder("front", "138", NOW + 6 * DAY) == "1"
    assert kept.holder("front", "138", NOW + 7 * DAY) is None
    assert kept.holder("front", "139", NOW) is None


def test_each_call_renews_the_claim_whoever_took_it() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    kept.served("front", "138", "2", NOW + 6 * DAY, 7)
    assert kept.holder("front", "138", NOW + 12 * DAY) == "1"


def test_after_it_ran_out_the_next_one_has_it() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    kept.served("front", "138", "2", NOW + 8 * DAY, 7)
    assert kept.holder("front", "138", NOW + 9 * DAY) == "2"


def test_a_caller_may_refuse_the_agent() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    assert kept.holder("front", "138", NOW, {"1"}) is None
    kept.served("front", "138", "2", NOW, 7, {"1"})
    assert kept.holder("front", "138", NOW) == "2"


def test_who_withholds_their_number_is_nobody_in_particular() -> None:
    kept = Claims()
    for withheld in ("", "anonymous"):
        kept.served("front", withheld, "1", NOW, 7)
    assert len(kept) == 0


def test_memory_stays_bounded() -> None:
    kept = Claims()
    kept._claims = {
        ("front", str(n)): claims.Claim("1", NOW + timedelta(seconds=n)) for n in range(claims.MOST)
    }
    kept.served("front", "99999999", "1", NOW, 7)
    assert len(kept) == claims.MOST * 9 // 10
    assert kept.holder("front", "99999999", NOW) == "1"


def test_each_desk_has_claims_of_its_own() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    kept.served("repairs", "138", "2", NOW, 7)
    assert (kept.holder("front", "138", NOW), kept.holder("repairs", "138", NOW)) == ("1", "2")


def test_what_callers_have_said_or_shown() -> None:
    kept = Claims()
    kept.served("front", "138", "1", NOW, 7)
    kept.refuse("front", "138", "2")
    assert kept.holder("front", "138", NOW) == "1"
    kept.refuse("front", "138", "1")
    assert kept.holder("front", "138", NOW) is None
    assert kept.refused("front", "138") == {"1", "2"} and not kept.refused("repairs", "138")
    kept.mark_sales("front", "138")
    assert kept.is_sales("front", "138") and not kept.is_sales("repairs", "138")


def test_what_was_said_first_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MOST", 2)
    kept = Claims()
    for caller in ("1", "2", "3"):
        kept.refuse("front", caller, "1")
    assert [bool(kept.refused("front", caller)) for caller in ("1", "2", "3")] == [False, True, True]
