"""Which sentences are spoken for a catalogue, and which of their pieces are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts.renderings import Rendering, part_stem, renderings
from prompts.schema import CatalogueError, Entries, read_entries
from tests.unit.prompts.test_schema import BUSY, COUNT, FAR, HEAD, PARTS, PLACE, QUEUE, written


def kept(found: list[Rendering]) -> list[tuple[str, str]]:
    return [pair for one in found for pair in one.kept()]


@pytest.fixture
def entries(tmp_path: Path) -> Entries:
    return read_entries(written(tmp_path, HEAD + BUSY + FAR + PARTS + QUEUE + PLACE + COUNT))


def test_a_prompt_in_one_piece(entries: Entries) -> None:
    (one,) = renderings(entries, "zh-CN", "busy")
    assert one == Rendering(("占线",), ("busy",), "zf_xiaobei", 1.0)


def test_words_are_rendered_in_the_whole_sentence(entries: Entries) -> None:
    """What does not change is kept once."""
    found = renderings(entries, "zh-CN", "far")
    assert [one.segments for one in found] == [("这里是", "北京，", "请稍等"), ("这里是", "上海，", "请稍等")]
    assert [one.stems for one in found] == [("far.1", "far.2.beijing", "far.3"), ("", "far.2.shanghai", "")]


def test_numbers_are_rendered_with_what_is_counted(entries: Entries) -> None:
    first, second = renderings(entries, "zh-CN", "queue")
    assert first.segments == ("还有", "八位", "在等")
    assert first.stems == ("queue.1", "", "queue.3")
    assert second.segments == ("还有", "一位", "两位", "三位", "位", "在等")
    assert second.stems[1:-1] == ("queue.2.1", "queue.2.2", "queue.2.3", "queue.2.unit")


def test_a_number_alone_is_put_together(entries: Entries) -> None:
    (one,) = renderings(entries, "en", "queue")
    assert one.segments == ("There are", "eight", "waiting.")
    assert one.stems == ("queue.1", "", "queue.3")


def test_other_languages_have_what_callers_hear(entries: Entries) -> None:
    assert {name.split(".")[0] for name, _ in kept(renderings(entries, "en"))} >= {"busy", "queue", "number"}
    assert "far" not in {name.split(".")[0] for name, _ in kept(renderings(entries, "en"))}


def test_the_numbers_alone(entries: Entries) -> None:
    names = {name for name, _ in kept(renderings(entries, "zh-CN", "numbers"))}
    assert {"number.35", "digit.1", "clock.9"} <= names
    assert not any(name.startswith("busy") for name in names)


def test_an_unknown_language(entries: Entries) -> None:
    with pytest.raises(CatalogueError, match="no language 'fr'; there are zh-CN, en"):
        renderings(entries, "fr")


def test_a_voice_and_a_speed_of_its_own(tmp_path: Path) -> None:
    entries = read_entries(written(tmp_path, HEAD + BUSY + 'voice = "zm_yunjian"\nspeed = 0.9\n'))
    (one,) = renderings(entries, "zh-CN", "busy")
    assert (one.voice, one.speed) == ("zm_yunjian", 0.9)


def test_names_of_parts(entries: Entries) -> None:
    prompt = entries.prompt[1]
    assert [part_stem(prompt, 1, ""), part_stem(prompt, 2, "beijing")] == ["far.1", "far.2.beijing"]
