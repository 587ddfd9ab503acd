"""Commands of others: which there are, who may give them, and the trace that a supervisor's leave.

`by` in a command's args says who gives it: an extension, whose role decides (`[[extension]] role`), or the
name of somebody at a page, who may do what an agent may. An agent steers the calls of their own telephone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcenter.domain.masking import masked
from callcenter.events.commands import Handler
from callcenter.events.errors import CommandError, ErrorCode
from callcenter.settings import Extension, Settings
from callcenter.store.entries import Audited
from callcenter.store.ledger import Ledger, utc_now

log = logging.getLogger(__name__)

STAFF: Final = frozenset({"agent", "supervisor", "admin", "qa"})
CONTROL: Final = frozenset({"supervisor", "admin"})
ADMINS: Final = frozenset({"admin"})
TRACED: Final = frozenset({"supervisor", "admin", "qa"})
"""Whose commands are all put on record."""

_TEXT: Final = 200
"""The longest text of a command that its trace keeps."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who gives a command. `number` is their extension, None for somebody who has none."""

    by: str
    role: str
    number: str | None = None

    @property
    def controls(self) -> bool:
        """They may steer others' telephones and calls; so may who has no extension: it is not known whose
        telephone is theirs."""
        return self.number is None or self.role in CONTROL


Work = Callable[[Asker, dict[str, Any]], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command does and who may give it."""

    work: Work
    who: frozenset[str] = STAFF


def asker_of(settings: Settings, args: Mapping[str, Any]) -> Asker:
    """Raises CommandError for a `by` that is no text."""
    by = args.get("by", "")
    if not isinstance(by, str) or len(by) > _TEXT:
        raise CommandError(ErrorCode.INVALID, "by says who gives the command: an extension or a name")
    extension: Extension | None = next((each for each in settings.extensions if each.number == by), None)
    return Asker(by, extension.role if extension else "agent", by if extension else None)


class Commands:
    """The commands that a switchboard takes: `add` each part's, then serve `handlers`."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._table: dict[str, Command] = {}

    @property
    def table(self) -> Mapping[str, Command]:
        return self._table

    def add(self, commands: Mapping[str, Command]) -> None:
        """Takes a part's commands. Raises ValueError for a name that is taken."""
        if twice := self._table.keys() & commands.keys():
            raise ValueError(f"two commands are named {', '.join(sorted(twice))}")
        self._table.update(commands)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By name, as `serve_commands` wants them."""
        return {name: self._handler(name) for name in self._table}

    async def give(self, name: str, args: dict[str, Any]) -> Mapping[str, Any]:
        """Does one command. Raises CommandError, saying what to do, where it cannot or may not be done."""
        asker, command = asker_of(self._settings, args), self._table[name]
        try:
            if asker.role not in command.who:
                allowed = " or ".join(sorted(command.who))
                raise CommandError(
                    ErrorCode.FORBIDDEN, f"{name} is for {allowed}; {asker.by or 'nobody'} is {asker.role}"
                )
            result = await command.work(asker, args)
        except CommandError as error:
            self._trace(name, asker, args, error.code.value)
            raise
        self._trace(name, asker, args, "ok")
        return result

    def _handler(self, name: str) -> Handler:
        async def handle(args: dict[str, Any]) -> Mapping[str, Any]:
            return await self.give(name, args)

        return handle

    def _trace(self, name: str, asker: Asker, args: Mapping[str, Any], result: str) -> None:
        if asker.role not in TRACED and self._table[name].who == STAFF:
            return
        log.info("audited command=%s by=%s result=%s", name, masked(asker.by), result)
        told = {key: value for key, value in args.items() if key != "by" and _short(value)}
        subject = str(args.get("call_id") or args.get("agent") or args.get("id") or "")[:_TEXT]
        self._ledger.put(
            Audited(utc_now(), asker.by, asker.role, name, subject, {"args": told, "result": result})
        )


def _short(value: object) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _TEXT)


def text(args: Mapping[str, Any], key: str, what: str) -> str:
    """A word that a command needs. Raises CommandError, saying what it is."""
    value = args.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT:
        raise CommandError(ErrorCode.INVALID, f"{key} is missing: {what}")
    return value.strip()


def number(args: Mapping[str, Any], key: str, what: str) -> int:
    """A whole number that a command needs. Raises CommandError, saying what it is."""
    value = args.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CommandError(ErrorCode.INVALID, f"{key} is missing: {what}")
    return value
