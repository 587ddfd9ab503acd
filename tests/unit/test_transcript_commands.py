from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli import app
from callcenter.store.engine import make_engine
from tests.seed import seed, seed_settings


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = seed_settings(tmp_path_factory.mktemp("seeded"))
    engine = make_engine(settings.database_url)
    seed(engine, settings, datetime(2026, 11, 22, 8, 12, tzinfo=UTC))
    engine.dispose()
    return settings.data


@pytest.mark.parametrize(("form", "begins"), [("text", "[00:00:0"), ("vtt", "WEBVTT"), ("json", "[")])
def test_a_call_in_each_form(data: Path, form: str, begins: str) -> None:
    said = CliRunner().invoke(app, ["transcript", "call-good", "--form", form, "--data", str(data)])
    assert said.exit_code == 0, said.output
    assert said.output.startswith(begins)
    assert "物业" in said.output
    if form == "json":
        assert json.loads(said.output)[0]["pieces"]


def test_an_unknown_call_is_said_to_be_unknown(data: Path) -> None:
    said = CliRunner().invoke(app, ["transcript", "none", "--data", str(data)])
    assert said.exit_code == 1
    assert "no such call: none" in said.output
