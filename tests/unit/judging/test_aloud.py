from __future__ import annotations

import pytest

from callcenter.judging.aloud import ways_to_say


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5栋802", {"五栋八零二", "五栋八楼二号", "五栋八百零二"}),
        ("3栋1201", {"三栋一二零一", "三栋幺二零幺", "三栋十二楼一号"}),
        ("12号楼3单元502", {"十二号楼三单元五零二", "十二号楼三单元五楼二号"}),
        ("A座210", {"座二一零", "座二幺零", "座二百一十"}),
        ("B座815", {"座八百一十五"}),
        ("7幢600", {"七幢六百"}),
        ("13800138000", {"一三八零零一三八零零零", "幺三八零零幺三八零零零"}),
    ],
)
def test_ways_to_say(written: str, said: set[str]) -> None:
    assert said <= set(ways_to_say(written))


def test_of_nothing_nothing_is_said() -> None:
    assert ways_to_say("") == ways_to_say("A-") == ()
