from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.scribe.site_words import site_lexicon, worker_arguments
from tests.seed import seed_settings
from transcripts.lexicon import LexiconError


def test_the_desks_names_are_words_of_the_site(tmp_path: Path) -> None:
    settings = seed_settings(tmp_path)
    assert {"万科物业", "售楼处", "高卫物业"} <= set(site_lexicon(settings).names)
    assert worker_arguments(settings) == ("", "万科物业", "售楼处")


def test_a_site_s_own_file(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text('names = ["海逸长洲"]', "utf-8")
    settings = seed_settings(tmp_path, scribe={"lexicon": str(path)})
    assert "海逸长洲" in site_lexicon(settings).names
    assert worker_arguments(settings)[0] == str(path)
    with pytest.raises(LexiconError, match="cannot be read"):
        site_lexicon(seed_settings(tmp_path, scribe={"lexicon": str(tmp_path / "absent.toml")}))


def test_no_second_hearing_where_none_is_wanted(tmp_path: Path) -> None:
    assert worker_arguments(seed_settings(tmp_path, scribe={"second_hearing": False})) == ()
