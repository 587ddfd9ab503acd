"""A corpus is listened to by processes of its own; the command says what became of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli import app
from callcenter.corpus.dialogues import CorpusError, read_corpus
from callcenter.corpus.scoring import cores, score
from callcenter.standards import StandardError
from tests.speech import DIALOGUES, speech_model
from tests.unit.corpus.corpora import lay

pytestmark = pytest.mark.engine


def shortest(folder: Path, **changed: str) -> Path:
    """A corpus of the shortest dialogue that ships, with other verdicts wanted."""
    for path in DIALOGUES.glob("transfer-good.*"):
        shutil.copy(path, folder)
    described = folder / "transfer-good.json"
    value = json.loads(described.read_text("utf-8"))
    value["expect"] = {"three_rings": "pass", "opening": "pass"} | changed
    described.write_text(json.dumps(value), "utf-8")
    return folder


def test_a_corpus_is_scored_and_progress_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    dialogues = read_corpus(shortest(tmp_path))
    found = score(dialogues, speech_model(), None, cores(), lambda *each: told.append(each))
    assert [outcome.given for outcome in found.outcomes] == ["pass", "pass"]
    assert told == [("transfer-good", 1, 1)]


def test_the_command_ends_with_1_where_a_verdict_is_turned_round(tmp_path: Path) -> None:
    speech_model()
    result = CliRunner().invoke(app, ["corpus", "score", str(shortest(tmp_path, opening="fail")), "--json"])
    assert result.exit_code == 1
    value = json.loads(result.stdout)
    assert (value["flip"], value["wrong"][0]["heard"]) == (1, "您好万科物业")
    assert "1/1 transfer-good" in result.stderr


def test_what_cannot_be_listened_to_is_named(tmp_path: Path) -> None:
    dialogues = read_corpus(lay(tmp_path).parent)
    with pytest.raises(CorpusError, match=r"one\.agent\.wav: not a WAV file"):
        score(dialogues, speech_model(), None, 1, lambda *each: None)


def test_an_unknown_standard_is_told_before_anything_is_listened_to(tmp_path: Path) -> None:
    dialogues = read_corpus(lay(tmp_path).parent)
    with pytest.raises(StandardError, match="there is no standard 'nowhere'"):
        score(dialogues, tmp_path, "nowhere", 1, lambda *each: None)
