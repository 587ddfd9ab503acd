"""Text that others made up, as every database and every JSON parser takes it."""

from __future__ import annotations


def clean(value: str) -> str:
    """Without NUL (PostgreSQL refuses it), and `?` for the lone surrogates of bytes that were no UTF-8."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()
