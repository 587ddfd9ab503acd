from __future__ import annotations

import pytest

from tests.word_times import spoken
from transcripts.numbers import normalised
from transcripts.pieces import as_heard, text_of


def shown(text: str) -> str:
    return text_of(normalised(as_heard(spoken(text))))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("五栋|八|楼|二号", "5栋802"),
        ("五栋八楼二号，我姓陈", "5栋802，我姓陈"),
        ("三栋一二零一", "3栋1201"),
        ("三|栋一|二|零一", "3栋1201"),
        ("十二号楼三单元五零二", "12号楼3单元502"),
        ("九栋二单元三零一", "9栋2单元301"),
        ("十二栋一六零三", "12栋1603"),
        ("二十三栋二十三零二", "23栋2302"),
        ("八栋一千二百零一", "8栋1201"),
        ("五栋八楼八零二", "5栋802"),
        ("一栋十二楼十一号", "1栋1211"),
        ("三栋二单元", "3栋2单元"),
        ("七幢五零二室", "7幢502室"),
        ("我住三栋", "我住3栋"),
        ("住八楼", "住8楼"),
    ],
)
def test_rooms(said: str, wanted: str) -> None:
    assert shown(said) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("电话|一三八|零零一三八|零零零", "电话13800138000"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("零二五八五零零幺二三四", "02585001234"),
        ("请拨幺幺零", "请拨110"),
        ("二零二六年", "2026年"),
        ("二零二六年十一月二十五号", "2026年11月25号"),
        ("十一月二十五日", "11月25日"),
        ("三月份", "3月"),
        ("下午五点以前", "下午5点以前"),
        ("晚上八点半", "晚上8:30"),
        ("上午十点二十分", "上午10:20"),
        ("八点零五分", "8:05"),
        ("早上九点到下午六点", "早上9点到下午6点"),
        ("两小时内", "2小时内"),
        ("十五分钟", "15分钟"),
        ("二十四个小时", "24个小时"),
        ("三百二十块钱", "320块钱"),
        ("一千二百元", "1200元"),
        ("三点五公里", "3.5公里"),
        ("一平方三块五", "1平方三块五"),
        ("九十平和一百二十平", "90平和120平"),
        ("超百分之五十", "超50%"),
        ("百分之三点五", "3.5%"),
        ("二十三个人", "23个人"),
        ("一百五十二", "152"),
        ("三十五岁", "35岁"),
        ("负二层二三六号", "负2层236号"),
    ],
)
def test_telephones_years_prices_and_clocks(said: str, wanted: str) -> None:
    assert shown(said) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "请稍等一下",
        "三响物业",
        "万一漏水",
        "一直没有来",
        "一起去",
        "一共多少",
        "一点都不知道",
        "你们快一点",
        "两点意见",
        "万科物业",
        "千万不要",
        "十分抱歉",
        "一会儿",
        "一块儿去",
        "我们一块去",
        "星期三",
        "下周五",
        "第三天",
        "几十个人",
        "一百多户",
        "十几分钟",
        "一样的",
        "统一安排",
        "三三两两",
        "乱七八糟",
        "一一说明",
        "三天两头",
        "百分百满意",
        "四面八方",
        "一心一意",
        "十全十美",
        "您的房号",
        "一个星期",
        "两个人",
        "五一放假",
        "七上八下",
        "一度停水",
        "",
    ],
)
def test_what_is_left_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_a_replaced_stretch_keeps_what_was_heard_and_when() -> None:
    pieces = normalised(as_heard(spoken("我家|五栋|八|楼|二号|漏水", confidence=0.5)))
    assert [piece.text for piece in pieces] == ["我家", "5栋802", "漏水"]
    found = pieces[1]
    assert (found.heard, found.confidence) == ("五栋八楼二号", 0.5)
    assert (round(found.start, 3), round(found.end, 3)) == (0.4, 1.6)
    assert (found.changed, pieces[0].changed) == (True, False)


def test_a_word_is_cut_where_a_number_begins_in_it() -> None:
    pieces = normalised(as_heard(spoken("住三栋|吧")))
    assert [(piece.text, piece.heard) for piece in pieces] == [("住", "住"), ("3栋", "三栋"), ("吧", "吧")]
    assert (round(pieces[0].end, 3), round(pieces[1].start, 3)) == (0.2, 0.2)
