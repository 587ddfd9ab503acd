"""What is wrong with a flow beyond its single keys: in itself, at its site, and among a site's flows.

Every function here returns all there is to mend, so that an admin mends it in one go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from callcenter.flows.errors import Problem
from callcenter.flows.schema import (
    BACK,
    END,
    Exit,
    Flow,
    Queue,
    Ring,
    ToDesk,
    ToExtension,
    ToOutside,
)
from callcenter.settings import Settings

_OURS: Final = (END,)


def structure(flow: Flow) -> list[Problem]:
    """What is wrong with a flow whatever the site: names, dead ends, steps that nothing leads to."""
    unknown = list(_unknown_steps(flow))
    parts = [*_start(flow), *_parts(flow), *_groups(flow), *unknown]
    if unknown:
        return parts  # what is reached cannot be told yet
    return [*parts, *_unreachable(flow), *_spinning(flow)]


def check_flow(flow: Flow, settings: Settings, prompts: Collection[str]) -> list[Problem]:
    """What a flow names that the site does not have: agents, desks, extensions, trunks, and prompts that can
    be played as they are."""
    return [*_agents(flow, settings), *_targets(flow, settings), *_prompts(flow, prompts)]


def check_site(flows: Mapping[str, Flow]) -> dict[str, list[Problem]]:
    """Desks, by id, that hand a caller round among themselves without the caller ever hearing anything."""
    steps = {
        f"{desk}.{name}": list(_silent(desk, step.exits()))
        + ([f"{step.desk}."] if isinstance(step, ToDesk) else [])
        for desk, flow in flows.items()
        for name, step in flow.steps.items()
    }
    starts = {
        # A caller who is handed over comes in by [start] alone: [transfer] is for who has talked already.
        f"{desk}.": [f"{desk}.{step}" for key, step in flow.starts() if key.startswith("start.")]
        for desk, flow in flows.items()
    }
    found: dict[str, list[Problem]] = {}
    for ring in _rings({**steps, **starts}):
        desk, _, step = next(node for node in ring if not node.endswith(".")).partition(".")
        told = " → ".join(node.removesuffix(".") for node in ring)
        if any(node.endswith(".") for node in ring):  # others are found in the flow itself
            found.setdefault(desk, []).append(
                Problem(f"step.{step}", f"leads round in a circle through other desks: {told}; {_CURE}")
            )
    return found


_CURE: Final = "nobody waits or hears anything there: let a prompt, a menu or a queue stand in it"


# -- in itself ----------------------------------------------------------------------------------------------


def _start(flow: Flow) -> Iterator[Problem]:
    start = flow.start
    if flow.hours is not None and not start.closed:
        yield Problem("start.closed", "[hours] need a step for the time when the desk is closed")
    if flow.hours is None and start.closed:
        yield Problem("start.closed", "is never reached, for without [hours] the desk is always open")
    if start.always_through and not start.through:
        yield Problem("start.through", "always_through needs a step where these callers go")
    if start.through and not start.always_through:
        yield Problem("start.through", "is never reached: always_through names nobody")


def _parts(flow: Flow) -> Iterator[Problem]:
    notice = flow.notice
    if notice.mode != "off" and not notice.prompt:
        yield Problem("notice.prompt", f"mode {notice.mode!r} needs a prompt")
    if notice.mode != "off" and not notice.version:
        yield Problem("notice.version", "is needed: a call's record says which wording its caller heard")
    if notice.mode == "off" and notice.objection_key:
        yield Problem("notice.objection_key", "nobody hears of it while mode is off")
    hold = flow.hold
    if hold.warn_agent and hold.warn_supervisor and hold.warn_agent > hold.warn_supervisor:
        yield Problem("hold.warn_agent", "the agent is warned before the supervisor: write less")
    for id, step in flow.steps.items():
        if isinstance(step, Queue) and step.keys and not step.offer:
            yield Problem(f"step.{id}.offer", "keys need a prompt that tells of them")
        if isinstance(step, Queue) and step.offer and not step.keys:
            yield Problem(f"step.{id}.keys", "the prompt `offer` needs keys")
        if isinstance(step, Queue) and not step.longest and step.overflow != END:
            yield Problem(f"step.{id}.overflow", "is never reached, for `longest` is 0")


def _groups(flow: Flow) -> Iterator[Problem]:
    used: set[str] = set()
    for id, step in flow.steps.items():
        if not isinstance(step, Ring | Queue):
            continue
        used.add(step.group)
        if step.group not in flow.groups:
            yield Problem(f"step.{id}.group", f"there is no [group.{step.group}]{_those(flow.groups)}")
            continue
        agents = flow.groups[step.group].agents
        if step.skills and not any(set(step.skills) <= set(agent.skills) for agent in agents):
            yield Problem(
                f"step.{id}.skills", f"nobody in group {step.group!r} has {' and '.join(step.skills)}"
            )
    for id, group in flow.groups.items():
        if id not in used:
            yield Problem(f"group.{id}", "no step rings it: take it out, or let a step name it")
        numbers = [agent.number for agent in group.agents]
        for number in sorted({number for number in numbers if numbers.count(number) > 1}):
            yield Problem(f"group.{id}.agents", f"names {number} twice")


def _unknown_steps(flow: Flow) -> Iterator[Problem]:
    named = [(key, step) for key, step in flow.starts()]
    named += [(f"step.{id}.{exit.key}", exit.to) for id, step in flow.steps.items() for exit in step.exits()]
    for key, step in named:
        if step not in flow.steps and (step not in _OURS or key.startswith("start.")):
            reason = _misplaced(step) or f"there is no [step.{step}]{_those(flow.steps)}"
            yield Problem(key, reason)


def _misplaced(step: str) -> str:
    if step == BACK:
        return "`back` is for [transfer] alone: name a step"
    return "a call does not begin with its end: name a step" if step == END else ""


def _those(names: Collection[str]) -> str:
    return f"; there are: {', '.join(names)}" if names else "; there are none"


def _unreachable(flow: Flow) -> Iterator[Problem]:
    reached: set[str] = set()
    ahead = [step for _, step in flow.starts()]
    while ahead:
        id = ahead.pop()
        if id in flow.steps and id not in reached:
            reached.add(id)
            ahead += [exit.to for exit in flow.steps[id].exits()]
    for id in flow.steps:
        if id not in reached:
            yield Problem(f"step.{id}", "no step leads there: take it out, or let a step name it")


def _spinning(flow: Flow) -> Iterator[Problem]:
    """Rings of steps that a call could run round for ever in one moment: all busy, nobody there."""
    graph = {id: [exit.to for exit in step.exits() if not exit.heard] for id, step in flow.steps.items()}
    for ring in _rings(graph):
        yield Problem(f"step.{ring[0]}", f"leads round in a circle: {' → '.join(ring)}; {_CURE}")


def _silent(desk: str, exits: Iterator[Exit]) -> Iterator[str]:
    yield from (f"{desk}.{exit.to}" for exit in exits if not exit.heard)


def _rings(graph: Mapping[str, Collection[str]]) -> list[list[str]]:
    """A way round for each group of nodes that has one, first node repeated at the end."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in graph:
        if start not in done and (ring := _way_back(graph, start)):
            found.append(ring)
            done |= set(ring)
    return found


def _way_back(graph: Mapping[str, Collection[str]], start: str) -> list[str]:
    """The shortest way from a node to itself, or nothing."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in graph.get(way[-1], ()):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


# -- at its site --------------------------------------------------------------------------------------------


def _agents(flow: Flow, settings: Settings) -> Iterator[Problem]:
    extensions = {extension.number for extension in settings.extensions}
    for id, group in flow.groups.items():
        for agent in group.agents:
            if agent.number not in extensions:
                yield Problem(f"group.{id}.agents", f"{agent.number} is no [[extension]]")


def _targets(flow: Flow, settings: Settings) -> Iterator[Problem]:
    extensions = {extension.number for extension in settings.extensions}
    for id, step in flow.steps.items():
        match step:
            case ToDesk() if settings.desk(step.desk) is None:
                desks = _those([desk.id for desk in settings.desks])
                yield Problem(f"step.{id}.desk", f"there is no [[desk]] {step.desk!r}{desks}")
            case ToExtension() if step.number not in extensions:
                yield Problem(f"step.{id}.number", f"{step.number} is no [[extension]]")
            case ToOutside():
                yield from _outside(f"step.{id}.number", step.number, settings)


def _outside(key: str, number: str, settings: Settings) -> Iterator[Problem]:
    if number in settings.sip.emergency:
        yield Problem(key, f"{number} is an emergency number: a person calls it, never a flow")
    elif number in {e.number for e in settings.extensions} | {d.number for d in settings.desks}:
        yield Problem(key, f'{number} is a number of the house: use do = "extension" or "desk"')
    elif not any(trunk.outgoing for trunk in settings.trunks):
        yield Problem(key, "there is no [[trunk]] for calls to the outside")


def _prompts(flow: Flow, prompts: Collection[str]) -> Iterator[Problem]:
    for key, name in flow.prompts():
        if name not in prompts:
            cure = "see `callcenter prompts list` (one with variables cannot be named here), or upload it"
            yield Problem(key, f"there is no prompt {name!r}: {cure}")
