"""Reading a flow: a TOML file as a `Flow`, or the flow of a desk that has no file."""

from __future__ import annotations

from pathlib import Path

from callcenter.flows.checks import structure
from callcenter.flows.errors import FlowError, parse, read_text
from callcenter.flows.schema import Flow
from callcenter.settings import Desk


def load_flow(path: Path) -> Flow:
    """The flow in a file, sound in itself. Whether it fits the site is for `check_flow`. Raises FlowError."""
    return parse_flow(read_text(path), str(path))


def parse_flow(text: str, where: str) -> Flow:
    """The flow written in `text`; `where` is named in errors. Raises FlowError."""
    flow = parse(Flow, text, where)
    if problems := structure(flow):
        raise FlowError(where, problems)
    return flow


def flow_of(desk: Desk) -> Flow:
    """What a desk does: its file, or where it names none, it rings its agents. Raises FlowError."""
    if desk.flow is not None:
        return load_flow(desk.flow)
    group = {
        "agents": desk.agents,
        "order": desk.ring,
        "ring_timeout": desk.ring_timeout,
        "missed": "keep",
    }
    ring = {"do": "ring", "group": "desk"}
    return Flow.model_validate({"start": {"open": "ring"}, "group": {"desk": group}, "step": {"ring": ring}})
