"""What may go wrong between roles.

Disconnected      no broker, or it went away before it acknowledged
AddressError      mqtt.url is malformed
BrokerError       the embedded broker cannot start
CommandError      a command was refused, or nobody answered it
"""

from __future__ import annotations

from enum import StrEnum


class Disconnected(Exception):
    """There is no connection to the broker, or it was lost before the broker acknowledged."""


class AddressError(ValueError):
    """The address is no broker's; the message says what is wrong and never shows the password."""


class BrokerError(Exception):
    """The embedded broker cannot start; the message says why and what to do."""


class ErrorCode(StrEnum):
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


class CommandError(Exception):
    """A command was refused; `code` is for programs, `message` for people."""

    def __init__(self, code: ErrorCode | str, message: str) -> None:
        super().__init__(message)
        self.code = ErrorCode(code)
        self.message = message
