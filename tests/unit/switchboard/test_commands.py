"""Who may give which command, and what of it is on record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from callcenter.events.errors import CommandError, ErrorCode
from callcenter.settings import Settings
from callcenter.store.entries import Audited
from callcenter.switchboard.commands import ADMINS, CONTROL, Asker, Command, Commands, asker_of, number, text
from tests.board import settings_for


class Kept:
    """A ledger that keeps what is put."""

    def __init__(self) -> None:
        self.entries: list[Audited] = []

    def put(self, entry: Audited) -> None:
        self.entries.append(entry)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, roles={"2": "supervisor", "3": "admin"})


async def done(asker: Asker, args: dict[str, Any]) -> Mapping[str, Any]:
    if args.get("fails"):
        raise CommandError(ErrorCode.CONFLICT, "it is busy")
    return {"by": asker.by, "role": asker.role}


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def commands(settings: Settings, kept: Kept) -> Commands:
    made = Commands(settings, kept)  # type: ignore[arg-type]
    made.add({"hold": Command(done), "monitor": Command(done, CONTROL), "reload": Command(done, ADMINS)})
    return made


@pytest.mark.parametrize(
    "by, role, controls",
    [
        ("1", "agent", False),
        ("2", "supervisor", True),
        ("3", "admin", True),
        ("王芳", "agent", True),
        ("", "agent", True),
    ],
)
def test_the_extension_says_who_somebody_is(settings: Settings, by: str, role: str, controls: bool) -> None:
    asker = asker_of(settings, {"by": by})
    assert (asker.role, asker.controls) == (role, controls)


def test_by_is_text(settings: Settings) -> None:
    for by in (7, None, "x" * 201):
        with pytest.raises(CommandError, match="by says who"):
            asker_of(settings, {"by": by})


@pytest.mark.parametrize(
    "name, by, refused",
    [
        ("hold", "1", False),
        ("monitor", "1", True),
        ("monitor", "王芳", True),
        ("monitor", "2", False),
        ("reload", "2", True),
        ("reload", "3", False),
    ],
)
async def test_the_table_says_who_may(commands: Commands, name: str, by: str, refused: bool) -> None:
    if refused:
        with pytest.raises(CommandError, match=f"{name} is for .*admin") as caught:
            await commands.give(name, {"by": by})
        assert caught.value.code is ErrorCode.FORBIDDEN
    else:
        assert (await commands.handlers[name]({"by": by}))["by"] == by


async def test_what_supervisors_do_is_put_on_record_and_what_was_refused(
    commands: Commands, kept: Kept
) -> None:
    await commands.give("hold", {"by": "1", "call_id": "c1"})
    assert kept.entries == []
    await commands.give("hold", {"by": "2", "call_id": "c1", "target": "3", "long": "x" * 300})
    with pytest.raises(CommandError, match="busy"):
        await commands.give("hold", {"by": "2", "call_id": "c2", "fails": True})
    with pytest.raises(CommandError):
        await commands.give("monitor", {"by": "1", "call_id": "c3"})
    first, second, third = kept.entries
    assert (first.by, first.role, first.action, first.subject) == ("2", "supervisor", "hold", "c1")
    assert first.detail == {"args": {"call_id": "c1", "target": "3"}, "result": "ok"}
    assert (second.detail["result"], third.detail["result"]) == ("conflict", "forbidden")
    assert (third.by, third.action) == ("1", "monitor")


def test_a_name_is_given_once(commands: Commands) -> None:
    with pytest.raises(ValueError, match="hold"):
        commands.add({"hold": Command(done)})


def test_what_is_missing_is_named() -> None:
    assert text({"target": " 8001 "}, "target", "whom to call") == "8001"
    assert number({"id": 7}, "id", "which callback") == 7
    for args in ({}, {"target": ""}, {"target": 7}, {"target": "x" * 201}):
        with pytest.raises(CommandError, match="target is missing: whom to call"):
            text(args, "target", "whom to call")
    for bad in ({}, {"id": "7"}, {"id": True}):
        with pytest.raises(CommandError, match="id is missing: which callback"):
            number(bad, "id", "which callback")
