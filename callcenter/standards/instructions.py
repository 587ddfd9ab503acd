"""The keys of a rule's table that are no part of the rule: what becomes of what it inherits."""

from __future__ import annotations

from typing import Final

OFF: Final = "off"
"""`off = true`: the standard has no such rule, whatever the one that it extends has."""
ADD: Final = "add"
"""`add.phrases = [...]`: behind those inherited."""
REMOVE: Final = "remove"
"""`remove.phrases = [...]`: taken out of those inherited. A forbidden word is named by its word."""
INSTRUCTIONS: Final = (OFF, ADD, REMOVE)
