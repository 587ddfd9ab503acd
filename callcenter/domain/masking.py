"""Numbers as they may stand in a log."""

from __future__ import annotations


def masked(number: str) -> str:
    """A telephone number with its middle hidden: 13800138000 becomes 138****8000; short ones stay short.

    Extensions (up to five digits) are no personal data and stay as they are.
    """
    if len(number) <= 5:
        return number
    return f"{number[:3]}****{number[-4:]}" if len(number) > 8 else f"{number[:1]}****{number[-2:]}"
