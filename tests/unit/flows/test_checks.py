"""What is wrong with a flow beyond its single keys."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.flows import Flow, check_flow, check_site
from callcenter.flows.checks import structure
from callcenter.settings import Settings
from tests.unit.flows.test_schema import front

RING: dict[str, Any] = {"do": "ring", "group": "front"}
BASE: dict[str, Any] = {
    "start": {"open": "ring"},
    "group": {"front": {"agents": ["8001", {"number": "8002", "skills": ["english"]}]}},
    "step": {"ring": RING},
}
SITE = Settings(
    desk=[{"id": "front", "number": "8000", "name": "前台", "agents": ["8001"]}],
    extension=[{"number": number, "password": "x"} for number in ("8001", "8002", "8100")],
)


def flow(steps: dict[str, Any] | None = None, **parts: Any) -> Flow:
    """The base with more steps, each to be led to by `ring`'s `nobody` unless one leads there itself."""
    return Flow.model_validate({**BASE, **parts, "step": {**BASE["step"], **(steps or {})}})


def told(flow: Flow) -> list[str]:
    return [str(problem) for problem in structure(flow)]


def to(step: str, way: str = "nobody") -> dict[str, Any]:
    return {**RING, way: step}


def test_nothing_is_wrong_with_the_flows_that_are_right() -> None:
    assert told(flow()) == []
    assert told(front()) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (flow({"ring": to("gone")}), "step.ring.nobody: there is no [step.gone]; there are: ring"),
        (flow({"ring": to("back")}), "step.ring.nobody: `back` is for [transfer] alone"),
        (flow(start={"open": "end"}), "start.open: a call does not begin with its end"),
        (flow(start={"open": "ring", "closed": "ring"}), "start.closed: is never reached"),
        (flow(hours={}), "start.closed: [hours] need a step"),
        (flow(start={"open": "ring", "always_through": ["110"]}), "start.through: always_through needs"),
        (flow(start={"open": "ring", "through": "ring"}), "start.through: is never reached"),
        (flow({"bye": {"do": "hangup"}}), "step.bye: no step leads there"),
        (flow({"ring": {**RING, "group": "night"}}), "step.ring.group: there is no [group.night]"),
        (
            flow({"ring": {**RING, "skills": ["dutch"]}}),
            "step.ring.skills: nobody in group 'front' has dutch",
        ),
        (flow(group={**BASE["group"], "x": {"agents": ["8001"]}}), "group.x: no step rings it"),
        (flow(group={"front": {"agents": ["8001", "8001"]}}), "group.front.agents: names 8001 twice"),
        (flow(notice={"mode": "early", "version": "1"}), "notice.prompt: mode 'early' needs a prompt"),
        (flow(notice={"mode": "early", "prompt": "x"}), "notice.version: is needed"),
        (flow(notice={"objection_key": "*"}), "notice.objection_key: nobody hears of it"),
        (flow(hold={"warn_agent": 40}), "hold.warn_agent: the agent is warned before"),
        (flow(transfer={"busy": "gone"}), "transfer.busy: there is no [step.gone]"),
        (
            flow({"ring": to("q"), "q": {"do": "queue", "group": "front", "keys": {"1": "end"}}}),
            "step.q.offer: keys need a prompt",
        ),
        (
            flow({"ring": to("q"), "q": {"do": "queue", "group": "front", "offer": "x"}}),
            "step.q.keys: the prompt `offer` needs keys",
        ),
        (
            flow({"ring": to("q"), "q": {"do": "queue", "group": "front", "longest": 0, "overflow": "ring"}}),
            "step.q.overflow: is never reached",
        ),
    ],
)
def test_a_mistake_is_told_with_its_key(wrong: Flow, reason: str) -> None:
    assert any(line.startswith(reason) for line in told(wrong)), told(wrong)


def test_the_end_of_a_transfer_is_a_step_as_well() -> None:
    assert told(flow({"sorry": {"do": "hangup", "prompt": "sorry"}}, transfer={"busy": "sorry"})) == []


@pytest.mark.parametrize("way", ["nobody", "busy"])
def test_a_circle_in_which_nobody_hears_anything(way: str) -> None:
    other = {"do": "extension", "number": "8100", way: "ring"}
    (problem,) = told(flow({"ring": to("other"), "other": other}))
    assert problem.startswith(
        "step.ring: leads round in a circle: ring → other → ring; nobody waits or hears"
    )


def test_a_step_that_leads_to_itself_at_once() -> None:
    (problem,) = told(flow({"ring": to("ring")}))
    assert "ring → ring" in problem


def test_a_circle_in_which_the_caller_waits_is_allowed() -> None:
    assert told(flow({"ring": to("ring", "no_answer")})) == []
    sorry = {"do": "say", "prompt": "sorry", "next": "ring"}
    assert told(flow({"ring": to("sorry"), "sorry": sorry})) == []


def site(wrong: Flow, prompts: tuple[str, ...] = ("sorry",)) -> list[str]:
    return [str(problem) for problem in check_flow(wrong, SITE, prompts)]


def test_the_site_has_all_that_a_flow_names() -> None:
    sorry = {"do": "say", "prompt": "sorry"}
    assert site(flow({"ring": to("sorry"), "sorry": sorry})) == []


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"do": "say", "prompt": "hello"}, "step.x.prompt: there is no prompt 'hello'"),
        ({"do": "desk", "desk": "night"}, "step.x.desk: there is no [[desk]] 'night'; there are: front"),
        ({"do": "extension", "number": "8109"}, "step.x.number: 8109 is no [[extension]]"),
        ({"do": "outside", "number": "110"}, "step.x.number: 110 is an emergency number"),
        ({"do": "outside", "number": "8100"}, "step.x.number: 8100 is a number of the house"),
        ({"do": "outside", "number": "13800138000"}, "step.x.number: there is no [[trunk]]"),
    ],
)
def test_what_the_site_does_not_have_is_told(step: dict[str, Any], reason: str) -> None:
    (problem,) = site(flow({"ring": to("x"), "x": step}))
    assert problem.startswith(reason)


def test_an_agent_who_is_no_extension() -> None:
    assert site(flow(group={"front": {"agents": ["8009"]}})) == [
        "group.front.agents: 8009 is no [[extension]]"
    ]


def test_desks_that_send_a_caller_round_in_silence() -> None:
    day = flow({"ring": to("other", "busy"), "other": {"do": "desk", "desk": "night"}})
    night = flow({"ring": to("other", "nobody"), "other": {"do": "desk", "desk": "day"}})
    found = check_site({"day": day, "night": night})
    assert list(found) == ["day"]
    assert "day.ring → day.other → night → night.ring → night.other → day → day.ring" in str(found["day"][0])


def test_desks_that_send_a_caller_on_once() -> None:
    day = flow({"ring": to("other", "busy"), "other": {"do": "desk", "desk": "night"}})
    assert check_site({"day": day, "night": flow()}) == {}
    patient = flow({"ring": to("other", "no_answer"), "other": {"do": "desk", "desk": "day"}})
    assert check_site({"day": day, "night": patient}) == {}


def test_where_a_failed_transfer_leads_is_no_way_in_for_who_is_handed_over() -> None:
    day = flow({"ring": to("other", "busy"), "other": {"do": "desk", "desk": "night"}})
    night = flow({"return": {"do": "desk", "desk": "day"}}, transfer={"busy": "return"})
    assert check_site({"day": day, "night": night}) == {}
