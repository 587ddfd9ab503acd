"""A corpus is read leniently where it tells people something, strictly where it is judged by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callcenter.corpus.dialogues import CorpusError, read_corpus, read_dialogue
from callcenter.domain.calls import HungUpBy
from callcenter.domain.findings import Verdict
from tests.unit.corpus.corpora import lay


def test_facts_and_verdicts_come_from_the_json(tmp_path: Path) -> None:
    (dialogue,) = read_corpus(lay(tmp_path).parent)
    assert (dialogue.name, dialogue.standard) == ("one", "vanke")
    assert (dialogue.facts.rings, dialogue.facts.hangup) == (2, HungUpBy.CALLER)
    assert dialogue.facts.holds == ((3.0, 21.0),)
    assert dialogue.expect == {"opening": Verdict.PASS, "closing": Verdict.FAIL}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2h", timedelta(hours=2)),
        ("30m", timedelta(minutes=30)),
        ("1.5d", timedelta(hours=36)),
        ("fail", Verdict.FAIL),
    ],
)
def test_a_promise_is_a_span_or_a_verdict(text: str, span: object, tmp_path: Path) -> None:
    assert read_dialogue(lay(tmp_path, expect={"promise": text})).expect == {"promise": span}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"standard": None}, r"one\.json: standard: a name is wanted"),
        ({"expect": None}, r"one\.json: expect: verdicts are wanted"),
        ({"expect": {}}, r"one\.json: expect: verdicts are wanted"),
        (
            {"expect": {"openning": "pass"}},
            r"expect\.openning: there is no such rule; there are: three_rings",
        ),
        (
            {"expect": {"opening": "2h"}},
            r"expect\.opening: '2h' is none of pass, fail, unsure, not_applicable$",
        ),
        ({"expect": {"promise": "soon"}}, r"expect\.promise: 'soon' is none of .* or a span"),
        ({"rings": "two"}, r"one\.json: rings: 'two' is no number of rings"),
        ({"timeline": [{"leg": "hold", "start": 5}]}, r"one\.json: holds\[0\]"),
        ({"timeline": "long"}, r"one\.json: timeline: a list of objects is wanted"),
    ],
)
def test_a_broken_dialogue_is_named(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        read_dialogue(lay(tmp_path, **changed))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "is not valid JSON"), (b"\xff", "is not text in UTF-8"), (b"[]", "a JSON object is wanted")],
)
def test_a_file_that_is_no_json_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = lay(tmp_path)
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=rf"one\.json: {message}"):
        read_dialogue(path)


def test_missing_sound_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no dialogue \(each is NAME\.json"):
        read_corpus(tmp_path)
    with pytest.raises(CorpusError, match="there is no such folder"):
        read_corpus(tmp_path / "none")
    path = lay(tmp_path)
    (tmp_path / "one.caller.wav").unlink()
    with pytest.raises(CorpusError, match=r"one\.caller\.wav: is missing; one\.json needs it"):
        read_corpus(path.parent)
