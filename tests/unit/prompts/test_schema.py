"""What a catalogue file may say, and how it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts.catalogue import CATALOGUE
from prompts.schema import CatalogueError, read_entries

HEAD = """
[[language]]
code = "zh-CN"
voice = "zf_xiaobei"

[[language]]
code = "en"
voice = "af_heart"

"""
BUSY = (
    '[[prompt]]\nid = "busy"\nzh = "占线"\nen = "Busy."\npurpose = "Busy."\nsource = "vanke"\nclause = "A4"\n'
)
FAR = BUSY.replace('"busy"', '"far"').replace('"占线"', '"这里是{place}，请稍等"')
FAR = FAR.replace('en = "Busy."', 'en = "From {place}."') + 'heard_by = "called"\n'
PLACE = '[[variable]]\nname = "place"\n[variable.values]\nbeijing = "北京"\nshanghai = "上海"\n'
PARTS = 'parts = ["这里是", "{place}，", "请稍等"]\n'
QUEUE = BUSY.replace('"busy"', '"queue"').replace('"占线"', '"还有{count}位在等"')
QUEUE = QUEUE.replace('en = "Busy."', 'en = "There are {count} waiting."')
QUEUE += 'parts = ["还有", "{count}位", "在等"]\nparts_en = ["There are", "{count}", "waiting."]\n'
COUNT = '[[variable]]\nname = "count"\nkind = "number"\nmost = 3\n'
BEEP = '[[tone]]\nid = "beep"\npurpose = "Beep."\nhertz = 1000.0\nseconds = 0.4\ndbfs = -19.0\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("language =", "not valid TOML"),
        (HEAD, "prompt: Field required"),
        (HEAD.replace("zh-CN", "chinese") + BUSY, r"language\[1\].*: code: String should match"),
        (HEAD.replace('"en"', '"zh-CN"') + BUSY, "language zh-CN is written twice"),
        (HEAD + BUSY.replace('en = "Busy."\n', ""), r"prompt\[1\] \(busy\): en: Field required"),
        (HEAD + BUSY + 'colour = "red"\n', r"prompt\[1\] \(busy\): colour: Extra inputs"),
        (HEAD + BUSY.replace('"busy"', '"Busy_1"'), r"prompt\[1\] \(Busy_1\): id: String should match"),
        (HEAD + BUSY + BUSY, "prompt busy is written twice"),
        (HEAD + BUSY + "speed = 9.0\n", r"\(busy\): speed: Input should be less than"),
        (HEAD + BUSY + FAR, r"prompt\[2\] \(far\): the text has \{place\}: give `parts`"),
        (HEAD + FAR + PARTS, r"prompt far: \{place\} has no \[\[variable\]\]"),
        (HEAD + FAR + PARTS.replace("请稍等", "再见") + PLACE, "not the words of `zh`"),
        (HEAD + FAR + 'parts = ["这里是{place}{place}"]\n' + PLACE, "parts"),
        (HEAD + QUEUE.replace("There are {count}", "There are many"), "do not have the same {variables}"),
        (HEAD + QUEUE.replace("parts_en", "#") + COUNT, "give `parts_en`"),
        (HEAD + QUEUE + 'singular = "one"\n' + COUNT, "singular: there is no prompt one"),
        (
            HEAD + QUEUE + COUNT.replace('"number"', '"digits"'),
            "{count} is a part of its own",
        ),
        (HEAD + BUSY + COUNT + '[variable.values]\na = "b"\n', "`values` belong to a variable of words"),
        (HEAD + BUSY + '[[variable]]\nname = "place"\n', "`values` belong to a variable of words"),
        (HEAD + BUSY + BEEP.replace('"beep"', '"busy"'), "prompt busy is written twice"),
        (HEAD + BUSY + BEEP.replace("1000.0", "9.0"), r"tone\[1\] \(beep\): hertz: Input should be greater"),
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


def test_what_is_spoken_in_which_language(tmp_path: Path) -> None:
    entries = read_entries(written(tmp_path, HEAD + BUSY + FAR + PARTS + PLACE + BEEP))
    assert [prompt.id for prompt in entries.spoken("zh-CN")] == ["busy", "far"]
    assert [prompt.id for prompt in entries.spoken("en")] == ["busy"]
    busy = entries.prompt[0]
    assert (busy.text("zh-CN"), busy.text("en")) == ("占线", "Busy.")
    assert entries.prompt[1].pieces("zh-CN") == ("这里是", "{place}，", "请稍等")


def test_the_shipped_catalogue_words_the_standard() -> None:
    said = {prompt.id: prompt.zh for prompt in read_entries(CATALOGUE).prompt}
    assert said["busy-to-desk"] == "您好，电话占线，正在为您转回总机"
    assert said["busy"] == "您好，电话占线，请稍后打来"
    assert said["no-answer"] == "您好，总机，电话无人接听，请您稍后再拨"
    assert said["no-answer-to-desk"] == "您好，电话无人接听，正在为您转回总机"
    assert said["connected"] == "您好！您的电话已接通，请讲话。"
    assert said["long-distance"] == "您好，这里是{place}长途，请稍等"
