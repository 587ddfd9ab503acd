"""Words, figures and the picture of a call's ringing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.domain.calls import Outcome
from callcenter.domain.tickets import TicketState
from callcenter.judging.judging import JUDGES
from callcenter.store.tables import Call, Leg
from callcenter.web.views import figures
from callcenter.web.views.i18n import Words, catalogue, choose
from callcenter.web.views.render import WEB
from callcenter.web.views.timeline import WIDTH, Timeline, draw
from tests.seed import MAIN, Script, facts_of
from tests.unit.web.conftest import NOW


def test_both_languages_say_the_same_things() -> None:
    assert set(catalogue("zh")) == set(catalogue("en"))
    for key, text in catalogue("zh").items():
        places = sorted(re.findall(r"{\w+}", text))
        assert places == sorted(re.findall(r"{\w+}", catalogue("en")[key])), key


def test_every_word_of_the_templates_exists() -> None:
    used: set[str] = set()
    for template in Path(WEB / "templates").glob("*.html"):
        used |= set(re.findall(r"""\bt\(["']([\w.]+)["'][),]""", template.read_text("utf-8")))
    assert len(used) > 100
    assert used <= set(catalogue("zh"))


def test_every_word_is_used() -> None:
    """By its key, by the key it begins with (`"review.tab_" ~ id`), or by its group (`t.name("role", …)`)."""
    folders = (WEB, WEB.parent.parent / "frontend" / "src")
    files = [
        path for folder in folders for path in folder.rglob("*") if path.suffix in (".html", ".py", ".ts")
    ]
    source = "\n".join(path.read_text("utf-8") for path in files if "dist" not in path.parts)
    keys = set(re.findall(r"""["']([\w.]+)["']""", source))
    begun = tuple(re.findall(r"""["'](\w+\.\w*)["'] ~""", source))
    named = tuple(f"{group}." for group in re.findall(r"""\.name\(\s*["'](\w+)["']""", source))
    unused = {key for key in catalogue("zh") if key not in keys and not key.startswith(begun + named)}
    assert unused == set()


def test_every_rule_has_a_name() -> None:
    for rule in JUDGES:
        assert Words("zh").name("rule", rule) != rule != Words("en").name("rule", rule)


def test_every_state_and_outcome_has_a_word() -> None:
    wanted = {f"state.{state}" for state in TicketState} | {f"outcome.{outcome}" for outcome in Outcome}
    assert wanted <= set(catalogue("zh"))


def test_the_language() -> None:
    assert choose(None, None) == "zh"
    assert choose("en", "zh") == "en"
    assert choose("xx", "en") == "en"
    assert Words("en").name("rule", "new_rule") == "new_rule"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05")]
)
def test_durations(value: float | None, shown: str) -> None:
    assert figures.duration(value) == shown


@pytest.mark.parametrize(
    ("rate", "shown"), [(None, "–"), (1.0, "100%"), (0.996, "99%"), (0.5, "50%"), (0, "0%")]
)
def test_percent_never_rounds_up_to_whole(rate: float | None, shown: str) -> None:
    assert figures.percent(rate) == shown


def picture(script: Script) -> Timeline:
    facts = facts_of(script, NOW)
    call = Call(
        id=facts.id, site="s", node="n", direction="inbound", line="external", caller="1", callee="2",
        started_at=facts.started_at, first_ringing_at=facts.first_ringing_at, answered_at=facts.answered_at,
    )  # fmt: skip
    legs = [
        Leg(
            id=leg.id, call_id=facts.id, position=n, role=leg.role, party=leg.party, invite_at=leg.invite_at,
            ringing_at=leg.ringing_at, answered_at=leg.answered_at, ended_at=leg.ended_at, bound=leg.bound,
        )
        for n, leg in enumerate(facts.legs)
    ]  # fmt: skip
    return draw(call, legs, NOW)


def test_a_late_answer_shows_five_rings_two_of_them_late() -> None:
    drawn = picture(MAIN[1])
    assert [mark.late for mark in drawn.rows[1].rings] == [False, False, False, True, True]
    assert drawn.bound is not None
    assert drawn.rows[1].rings[2].x < drawn.bound <= drawn.rows[1].rings[3].x


def test_talk_is_squeezed_and_ringing_is_not() -> None:
    drawn = picture(MAIN[0])
    assert len(drawn.breaks) == 1
    rings = drawn.rows[1].rings
    assert rings[1].x - rings[0].x > WIDTH / 5
    assert drawn.rows[0].ended == pytest.approx(WIDTH, abs=1)


def test_a_second_agents_ring_after_the_answer_is_not_late() -> None:
    drawn = picture(MAIN[3])
    assert [mark.late for row in drawn.rows for mark in row.rings] == [False, False, False]


def test_positions_never_run_backwards() -> None:
    for script in MAIN:
        for row in picture(script).rows:
            times = [row.invite, row.ringing, row.answered, row.ended]
            known = [time for time in times if time is not None]
            assert known == sorted(known)
            assert all(0 <= time <= WIDTH for time in known)


def test_a_call_without_legs_or_that_just_began() -> None:
    call = Call(
        id="x",
        site="s",
        node="n",
        direction="inbound",
        line="external",
        caller="1",
        callee="2",
        started_at=NOW,
    )
    assert draw(call, [], NOW) == Timeline()
    leg = Leg(id="l", call_id="x", position=0, role="caller", party="1", invite_at=NOW)
    assert draw(call, [leg], NOW - timedelta(seconds=1)).rows[0].ended >= 0


def test_a_legs_media_is_told_in_a_line() -> None:
    leg = Leg(id="l", call_id="x", position=0, role="caller", party="1", invite_at=NOW)
    assert figures.media(leg) == "– · – · –"
    leg.loss, leg.jitter_seconds, leg.rtt_seconds = 0.0123, 0.0028, 0.0414
    assert figures.media(leg) == "1.2 % · 3 ms · 41 ms"
