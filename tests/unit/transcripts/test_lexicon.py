from __future__ import annotations

from pathlib import Path

import pytest

from transcripts.lexicon import Lexicon, LexiconError, load_lexicon


def test_the_shipped_lexicon() -> None:
    lexicon = load_lexicon()
    assert "高卫物业" in lexicon.names
    assert "请问您的房号是多少" in lexicon.phrases
    listened = lexicon.listened_for()
    assert {"高卫物业", "五栋三", "三楼二号", "二单元", "零一"} <= set(listened)
    assert len(listened) == len(set(listened))


def test_a_site_adds_its_own(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('names = ["海逸长洲"]\nphrases = ["会所几点开门", "您好"]\n', "utf-8")
    lexicon = load_lexicon(path)
    assert lexicon.names[-1] == "海逸长洲"
    assert lexicon.phrases[-1] == "会所几点开门"
    assert lexicon.phrases.count("您好") == 1


def test_a_desk_s_name_is_added_once() -> None:
    lexicon = Lexicon(("万科物业",)).extended(["万科物业", "三响物业"])
    assert lexicon.names == ("万科物业", "三响物业")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names = [", "is not valid TOML"),
        ('word = ["您好"]', "unknown key 'word'"),
        ('names = "您好"', "names must be a list of texts"),
        ("phrases = [1]", "phrases must be a list of texts"),
        ('names = ["ABC"]', "'ABC' holds no Chinese"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(LexiconError, match=message) as caught:
        load_lexicon(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="cannot be read"):
        load_lexicon(tmp_path / "nowhere.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(LexiconError, match="UTF-8"):
        load_lexicon(tmp_path / "x.toml")
