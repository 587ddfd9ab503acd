from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.domain.standards import Thresholds
from callcenter.judging.hearing import Hearing, Said
from tests.unit.judging.said import words
from transcripts.recogniser import Word

LIMITS = Thresholds(sure=0.2, absent=0.45, spot=0.13)


@pytest.mark.parametrize(
    ("free", "narrow", "said"),
    [
        ("万科 物业", None, Said.YES),
        ("万科 物业", "", Said.YES),
        ("问 物业", "万科 物业", Said.YES),
        ("问 物业", "物业", Said.MAYBE),
        ("问 物业", None, Said.MAYBE),
        ("今天 下雨 了", "万科 物业", Said.MAYBE),
        ("今天 下雨 了", "", Said.NO),
        ("", "", Said.NO),
    ],
)
def test_two_passes(free: str, narrow: str | None, said: Said) -> None:
    spotted = None if narrow is None else words((0.0, narrow))
    hearing = Hearing(words((0.0, free)), LIMITS, spotted)
    assert hearing.best(["万科物业"], 0.0, 10.0).said is said


def test_the_best_phrase_is_taken() -> None:
    found = Hearing(words((0.0, "谢谢 您 的 电话 再见")), LIMITS).best(
        ["感谢来电再见", "谢谢您的电话再见"], 0.0, 9.0
    )
    assert (found.said, found.phrase) == (Said.YES, "谢谢您的电话再见")


def test_a_rival_must_be_heard_in_the_same_place() -> None:
    free, narrow = words((0.0, "问 物业"), (5.0, "融创 物业")), words((0.0, "物业"), (5.0, "融创 物业"))
    hearing = Hearing(free, LIMITS, narrow)
    assert hearing.best(["万科物业"], 0.0, 4.0, ["融创物业"]).said is Said.MAYBE
    near = Hearing(words((0.0, "融创 物业")), LIMITS, words((0.0, "融创 物业")))
    assert near.best(["万科物业"], 0.0, 4.0, ["融创物业"]).said is Said.NO


def test_nothing_to_look_for() -> None:
    assert Hearing([], LIMITS).best([], 0.0, 1.0).said is Said.NO


def test_a_rival_of_one_phrase_leaves_another_as_it_is() -> None:
    """「感谢您的耐心等待」 was perhaps heard where the closing stands; 「让您久等了」 perhaps elsewhere."""
    free = words((0.0, "让 您 久 顶 了"), (8.0, "感谢您 的 来电"))
    narrow = words((8.0, "感谢您 的 来电"))
    phrases = ["让您【久等】了", "感谢您的【来店】等待"]
    found = Hearing(free, LIMITS, narrow).best(phrases, 0.0, 10.0, ["感谢您的来电"])
    assert (found.said, found.phrase) == (Said.MAYBE, "让您久等了")


OFFER, ELSE = "请问【有什么】可以【帮】到您", "请问还有什么可以帮到您吗"


@pytest.mark.parametrize(
    ("phrase", "rival", "free", "narrow", "said"),
    [
        (OFFER, ELSE, "请问 还有 什么 可以 帮 到 你 吗", "请问 还有 什么 可以 帮 到 您 吗", Said.NO),
        (OFFER, ELSE, "请问 还有 什么 可以 帮 到 你 吗", "请问 有 什么 可以 帮 到 您", Said.YES),
        (OFFER, ELSE, "请问 有 什么 可以 帮 到 你", "请问 有 什么 可以 帮 到 您", Said.YES),
        ("【麻烦】您【等】一下", "等一下", "麻烦 你 等一下", "麻烦 您 等一下", Said.YES),
    ],
)
def test_what_holds_a_phrase_is_another(phrase: str, rival: str, free: str, narrow: str, said: Said) -> None:
    """Both passes must have heard it so."""
    hearing = Hearing(words((0.0, free)), LIMITS, words((0.0, narrow)))
    assert hearing.best([phrase], 0.0, 9.0, [rival]).said is said


def test_a_rival_within_a_phrase_that_the_narrow_pass_heard_is_none() -> None:
    """「喂」 sounds like 卫, and the free pass wrote 围."""
    free, narrow = words((0.5, "周围 过去 你好")), words((0.5, "高 卫 物业 您好"))
    assert Hearing(free, LIMITS, narrow).best(["高卫物业"], 0.0, 4.0, ["喂"]).said is Said.MAYBE


def test_a_rival_may_end_after_the_window() -> None:
    heard = words((0.0, "请问 还有 什么 可以 帮 到 您 吗"))
    assert Hearing(heard, LIMITS, heard).best([OFFER], 0.0, 2.3, [ELSE]).said is Said.NO


def uncertain(*lines: tuple[float, str]) -> list[Word]:
    return [replace(word, confidence=0.3) for word in words(*lines)]


def test_what_the_free_pass_is_not_certain_of_denies_nothing() -> None:
    """As the model hears 「请问还有什么可以帮到您吗」 in noise."""
    narrow = words((0.5, "还有什么 可以 帮 到"))
    garbled = "你会 还有 真的 挺 等等"
    phrases = ["请问【还有】什么可以帮到您吗"]
    assert Hearing(uncertain((0.0, garbled)), LIMITS, narrow).best(phrases, 0.0, 9.0).said is Said.MAYBE
    assert Hearing(words((0.0, garbled)), LIMITS, narrow).best(phrases, 0.0, 9.0).said is Said.NO
    assert Hearing(uncertain((0.0, "海 域 的 都")), LIMITS).best(["海逸长洲"], 0.0, 9.0).said is Said.MAYBE
    assert Hearing(words((0.0, "海 域 的 都")), LIMITS).best(["海逸长洲"], 0.0, 9.0).said is Said.NO
