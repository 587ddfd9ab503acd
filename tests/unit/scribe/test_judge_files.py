"""`callcenter judge` on the dialogues that are in the repository, with the real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.scribe.judge_files import JudgeError, finding_json, judge_files, read_facts
from callcenter.standards import load_standard
from tests.speech import dialogue, facts, recogniser, wav

pytestmark = pytest.mark.engine

RULES = ("three_rings", "opening", "anything_else", "closing", "caller_hangs_up_first")


def judged(name: str, facts_path: Path | None) -> dict[str, dict[str, object]]:
    found = judge_files(
        load_standard("vanke"), wav(name, "agent"), wav(name, "caller"), facts_path, (), recogniser()
    )
    printed = json.loads(json.dumps([finding_json(finding) for finding in found]))
    return {finding["rule"]: finding for finding in printed}


@pytest.mark.parametrize("name", ["repair-good", "late-answer", "greeting-missing", "transfer-good"])
def test_dialogues(name: str, tmp_path: Path) -> None:
    spoken = dialogue(name)
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts(spoken)), "utf-8")
    found = judged(name, path)
    expected = {rule: spoken["expect"].get(rule, "not_applicable") for rule in RULES}
    if spoken.get("transfer"):
        expected["caller_hangs_up_first"] = "not_applicable"
    assert {rule: found[rule]["verdict"] for rule in RULES} == expected
    keys = {"rule", "verdict", "clause", "start", "end", "heard", "why"}
    assert all(set(finding) == keys for finding in found.values())


def test_evidence_lies_where_it_was_spoken() -> None:
    found = judged("transfer-good", None)
    start, end = found["opening"]["start"], found["opening"]["end"]
    assert isinstance(start, float) and isinstance(end, float)
    assert start == pytest.approx(0.6, abs=0.3)  # the timeline: 0.6 to 2.064 s
    assert end == pytest.approx(2.064, abs=0.3)
    assert found["opening"]["heard"] == "您好万科物业"
    assert found["three_rings"]["verdict"] == found["caller_hangs_up_first"]["verdict"] == "unsure"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b'{"rings": "2"}', r"facts\.json: rings: '2'"),
    ],
)
def test_bad_facts(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(JudgeError, match=message):
        read_facts(path)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="cannot be read: No such file"):
        read_facts(tmp_path / "none.json")
    agent, vanke = wav("transfer-good", "agent"), load_standard("vanke")
    with pytest.raises(JudgeError, match=r"none\.wav: there is no such file"):
        judge_files(vanke, tmp_path / "none.wav", agent, None, (), recogniser())
    with pytest.raises(JudgeError, match="--name ABC: "):
        judge_files(vanke, agent, agent, None, ("ABC",), recogniser())
