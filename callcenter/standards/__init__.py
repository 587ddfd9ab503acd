"""The standards that ship with the service, as data files, and reading one."""

from callcenter.standards.errors import Problem, StandardError
from callcenter.standards.layers import standard_names
from callcenter.standards.loader import desk_standard, load_standard, parse_standard

__all__ = [
    "Problem",
    "StandardError",
    "desk_standard",
    "load_standard",
    "parse_standard",
    "standard_names",
]
