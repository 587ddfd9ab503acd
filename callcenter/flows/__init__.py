"""A desk's flow as data: what its file may say, reading one, and what is wrong with one."""

from callcenter.flows.calendar import load_calendar
from callcenter.flows.checks import check_flow, check_site
from callcenter.flows.errors import FlowError, Problem
from callcenter.flows.loader import flow_of, load_flow, parse_flow
from callcenter.flows.schema import Flow

__all__ = [
    "Flow",
    "FlowError",
    "Problem",
    "check_flow",
    "check_site",
    "flow_of",
    "load_calendar",
    "load_flow",
    "parse_flow",
]
