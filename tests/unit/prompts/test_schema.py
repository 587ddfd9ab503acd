"""What a catalogue file may say, and how it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts.catalogue import CATALOGUE
from prompts.schema import CatalogueError, read_entries

HEAD = 'language = "zh-CN"\nvoice = "zf_xiaobei"\n'
BUSY = (
    '[[prompt]]\nid = "busy"\nzh = "占线"\nen = "Busy."\npurpose = "Busy."\nsource = "vanke"\nclause = "A4"\n'
)
FAR = BUSY.replace('"busy"', '"far"').replace('"占线"', '"这里是{place}，请稍等"')
PLACE = '[[variable]]\nname = "place"\n[variable.values]\nbeijing = "北京"\n'
PARTS = 'parts = ["这里是", "{place}，", "请稍等"]\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("language =", "not valid TOML"),
        (HEAD, "prompt: Field required"),
        (HEAD.replace("zh-CN", "chinese") + BUSY, "language: String should match"),
        (HEAD + BUSY.replace('en = "Busy."\n', ""), r"prompt\[1\] \(busy\): en: Field required"),
        (HEAD + BUSY + 'colour = "red"\n', r"prompt\[1\] \(busy\): colour: Extra inputs"),
        (HEAD + BUSY.replace('"busy"', '"Busy_1"'), r"prompt\[1\] \(Busy_1\): id: String should match"),
        (HEAD + BUSY + BUSY, "prompt busy is written twice"),
        (HEAD + BUSY + "speed = 9.0\n", r"\(busy\): speed: Input should be less than"),
        (HEAD + BUSY + FAR, r"prompt\[2\] \(far\): the text has \{place\}: give `parts`"),
        (HEAD + FAR + PARTS, r"prompt far: \{place\} has no \[\[variable\]\]"),
        (HEAD + FAR + PARTS.replace("请稍等", "再见") + PLACE, "not the words of `zh`"),
        (HEAD + FAR + 'parts = ["这里是{place}{place}"]\n' + PLACE, "parts"),
        (HEAD + BUSY + PLACE + PLACE, "variable place is written twice"),
        (
            HEAD + BUSY + PLACE.replace("beijing", "Bei.Jing"),
            r"variable\[1\] \(place\): values: .*String should",
        ),
    ],
)
def test_errors_name_the_file_and_the_key(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CatalogueError, match=rf"catalogue\.toml: .*{why}"):
        read_entries(written(tmp_path, text))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.toml: cannot be read"):
        read_entries(tmp_path / "none.toml")


def test_recordings_of_a_composed_prompt(tmp_path: Path) -> None:
    entries = read_entries(written(tmp_path, HEAD + FAR + PARTS + PLACE))
    recordings = entries.recordings(entries.prompt[0])
    assert [(item.stem, item.text, item.first, item.last) for item in recordings] == [
        ("far.1", "这里是", True, False),
        ("far.2.beijing", "北京，", False, False),
        ("far.3", "请稍等", False, True),
    ]
    assert {item.voice for item in recordings} == {"zf_xiaobei"}


def test_a_prompt_may_have_a_voice_and_a_speed_of_its_own(tmp_path: Path) -> None:
    entries = read_entries(written(tmp_path, HEAD + BUSY + 'voice = "zm_yunjian"\nspeed = 0.9\n'))
    (recording,) = entries.recordings(entries.prompt[0])
    assert (recording.voice, recording.speed) == ("zm_yunjian", 0.9)


def test_the_shipped_catalogue_words_the_standard() -> None:
    said = {prompt.id: prompt.zh for prompt in read_entries(CATALOGUE).prompt}
    assert said["busy-to-desk"] == "您好，电话占线，正在为您转回总机"
    assert said["busy"] == "您好，电话占线，请稍后打来"
    assert said["no-answer"] == "您好，总机，电话无人接听，请您稍后再拨"
    assert said["no-answer-to-desk"] == "您好，电话无人接听，正在为您转回总机"
    assert said["connected"] == "您好！您的电话已接通，请讲话。"
    assert said["long-distance"] == "您好，这里是{place}长途，请稍等"
