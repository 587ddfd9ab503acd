"""What the documents promise is there, and what is there is in the documents."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from pydantic import BaseModel
from sqlalchemy import Engine

from callcenter.domain.calls import EventName
from callcenter.domain.subjects import AgentEvent, CallbackEvent, DeskEvent, SubjectEvent
from callcenter.settings import GuardSettings, Settings
from callcenter.store.engine import make_engine
from callcenter.switchboard.board import Board
from callcenter.switchboard.reception import Reception
from callcenter.switchboard.role import commands_of
from callcenter.web.app import create_app

ROOT = Path(__file__).parent.parent.parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "sip" / "README.md"]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")


def described(section: str) -> set[str]:
    """The keys in the table under a heading that begins with `section`."""
    parts = re.split(r"^## ", CONFIGURATION, flags=re.MULTILINE)
    text = next(part for part in parts if part.startswith(section))
    return set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))


def part_of(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, or holds many of."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


PARTS = {field.alias or name: part_of(field.annotation) for name, field in Settings.model_fields.items()}


def test_every_setting_of_the_service_is_documented() -> None:
    assert described("The service") == {name for name, part in PARTS.items() if part is None}


@pytest.mark.parametrize("name", [name for name, part in PARTS.items() if part is not None])
def test_every_setting_of_a_part_is_documented(name: str) -> None:
    part = PARTS[name]
    assert part is not None
    many = "[[" if name in ("desk", "extension", "trunk") else "["
    assert described(f"`{many}{name}]") == set(part.model_fields)


def test_every_limit_of_the_guard_is_documented() -> None:
    assert described("`[sip.guard]") == set(GuardSettings.model_fields)


@pytest.mark.parametrize("event", [*EventName, *AgentEvent, *DeskEvent, *CallbackEvent])
def test_every_event_is_documented(event: EventName | SubjectEvent) -> None:
    assert f"`{event.value}`" in (ROOT / "docs" / "events.md").read_text("utf-8")


def test_every_command_is_documented() -> None:
    table = (ROOT / "docs" / "events.md").read_text("utf-8").partition("## Commands")[2]
    board = SimpleNamespace(settings=Settings(), ledger=None)
    reception = SimpleNamespace(stories={})
    commands = commands_of(cast(Board, board), cast(Reception, reception), cast(Engine, None))
    assert {name for name in commands.table if f"`{name}`" not in table} == set()


def test_every_request_is_documented(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    try:
        paths = create_app(Settings(), engine, commands=None, bus=None).openapi()["paths"]
    finally:
        engine.dispose()
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for path in paths:
        last = re.sub(r"\{\w+\}", "{id}", path).rstrip("/").split("/")[-1]
        assert last in text or path.endswith("{day}"), f"{path} is not in docs/api.md"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_are_there(document: Path) -> None:
    folders = "sip|transcripts|prompts|callcenter|frontend|docker|tools|tests|docs"
    for name in re.findall(rf"`((?:{folders})/[\w./-]+)`", document.read_text("utf-8")):
        assert (ROOT / name).exists(), f"{document.name}: {name}"
