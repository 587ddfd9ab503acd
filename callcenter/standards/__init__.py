"""The standards that ship with the service, as data files, and reading one."""

from callcenter.standards.loader import StandardError, load_standard, parse_standard, standard_names

__all__ = ["StandardError", "load_standard", "parse_standard", "standard_names"]
