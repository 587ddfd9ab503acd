"""A desk's flow is changed while the service runs: a mistake is refused and told, what is good is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.demo.phones.scenarios import (
    acknowledged,
    answer,
    answered,
    bye,
    called,
    pause,
    ring,
    wait_bye,
)
from tests.phones import Phones
from tests.service import PASSWORD, RunningService, running_service
from tests.support import wait_for

FLOW = """
[start]
open = "ring"
[group.all]
order = "in_order"
missed = "keep"
agents = ["{agent}"]
[step.ring]
do = "ring"
group = "all"
"""
SITE = f"""
[[desk]]
id = "front"
number = "8800"
name = "万科物业"
flow = "flows/front.toml"
[[extension]]
number = "8801"
password = "{PASSWORD}"
[[extension]]
number = "8802"
password = "{PASSWORD}"
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    (tmp_path / "flows").mkdir()
    write(tmp_path, "8801")
    with running_service(tmp_path, SITE) as running:  # the flow is found beside the configuration
        yield running


def write(folder: Path, agent: str) -> None:
    (folder / "flows" / "front.toml").write_text(FLOW.format(agent=agent), "utf-8")


def flow(service: RunningService) -> str:
    """What `/healthz` says of the desk's flow."""
    said = service.http.get("/healthz").json()["roles"].get("switchboard", {})
    return str(said.get("flows", {}).get("front", ""))


def test_a_mistake_is_refused_and_a_good_flow_is_taken(service: RunningService, phones: Phones) -> None:
    first = wait_for(lambda: flow(service), 15)
    write(service.folder, "8809")
    wait_for(lambda: flow(service).startswith("refused: "), 15, message=service.log[-2000:])
    assert flow(service).endswith("flows/front.toml: group.all.agents: 8809 is no [[extension]]")
    agent = phones.agent("8801", called(), ring(300), answer(), acknowledged(), wait_bye())
    phones.caller("8800", answered(2), pause(300), bye(3, "uac")).succeeded()  # what ran goes on
    agent.succeeded()
    write(service.folder, "8802")
    wait_for(lambda: not flow(service).startswith("refused: ") and flow(service) != first, 15)
    agent = phones.agent("8802", called(), ring(300), answer(), acknowledged(), wait_bye())
    phones.caller("8800", answered(2), pause(300), bye(3, "uac")).succeeded()
    agent.succeeded()
