"""Calls, rings, standards, findings, tickets: plain Python, no I/O, no framework, no clock."""
