from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.word_times import spoken
from transcripts.times import find_times

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGUN = datetime(2026, 11, 18, 14, 0, tzinfo=SHANGHAI)  # a Wednesday


def due(text: str, begun: datetime = BEGUN) -> list[str]:
    """The times found, to the minute; `+` where they count from the moment of saying."""
    return [f"{each.due:%m-%d %H:%M}" for each in find_times(spoken(text), begun)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我们会|尽快|处理|两|小时|内|给您|答复", "11-18 16:00"),
        ("半个|小时|之内|给您|回电", "11-18 14:30"),
        ("大概|半小时|就到", "11-18 14:30"),
        ("记|下来|了|半小时|之内|给您|回电话", "11-18 14:30"),
        ("一个|半|小时|以内", "11-18 15:30"),
        ("两个|半|小时|之内", "11-18 16:30"),
        ("二十|分|钟", "11-18 14:20"),
        ("十五|分钟|内", "11-18 14:15"),
        ("一|刻钟|之后", "11-18 14:15"),
        ("两到三个小时", "11-18 17:00"),
        ("两三个小时内", "11-18 17:00"),
        ("四十八小时内", "11-20 14:00"),
        ("二十四小时内", "11-19 14:00"),
        ("三天|内|给您|处理", "11-21 23:59"),
        ("三五天之内", "11-23 23:59"),
        ("一周内", "11-25 23:59"),
        ("一个星期以内", "11-25 23:59"),
        ("三个|工作|日|内", "11-23 23:59"),
        ("三到五个工作日", "11-25 23:59"),
    ],
)
def test_a_duration_counts_from_the_moment_of_saying(text: str, wanted: str) -> None:
    assert due(text) == [wanted]


def test_the_moment_of_saying_is_the_end_of_the_words() -> None:
    (found,) = find_times(spoken("好的…两|小时|内|给您|答复", 30.0), BEGUN)
    assert (round(found.start, 3), round(found.end, 3), found.text) == (32.4, 33.2, "两小时内")
    assert found.due == BEGUN + timedelta(hours=2, seconds=33.2)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("明天|下午|五点|以前|给您|答复", "11-19 17:00"),
        ("今天|晚上|八点", "11-18 20:00"),
        ("后天|上午|安排|师傅|上门", "11-20 12:00"),
        ("下|周三", "11-25 23:59"),
        ("这个|星期五|之前", "11-20 23:59"),
        ("周五上午十点", "11-20 10:00"),
        ("星期一", "11-23 23:59"),
        ("周日之前", "11-22 23:59"),
        ("礼拜天", "11-22 23:59"),
        ("这个周末", "11-22 23:59"),
        ("下周内", "11-29 23:59"),
        ("本周之内", "11-22 23:59"),
        ("明天中午前", "11-19 12:00"),
        ("今晚给您回电", "11-18 22:00"),
        ("明早九点", "11-19 09:00"),
        ("晚上八点半", "11-18 20:30"),
        ("下午三点一刻", "11-18 15:15"),
        ("下午三点二十到", "11-18 15:20"),
        ("下午四点零五分", "11-18 16:05"),
        ("预计|下午|三点|恢复|供电", "11-18 15:00"),
        ("五点以前", "11-18 17:00"),
        ("八点给您回电", "11-18 20:00"),
        ("早上八点到岗", "11-19 08:00"),
        ("明天三点", "11-19 15:00"),
        ("中午十二点半", "11-19 12:30"),
        ("今天晚上十二点", "11-19 00:00"),
        ("下午两点到四点之间", "11-18 16:00"),
        ("今天下班之前", "11-18 18:00"),
        ("下班前", "11-18 18:00"),
        ("十一月二十五号", "11-25 23:59"),
        ("二十五号上午", "11-25 12:00"),
        ("五号之前", "12-05 23:59"),
        ("这个月底", "11-30 23:59"),
        ("下个月底", "12-31 23:59"),
        ("一月三号", "01-03 23:59"),
        ("明天15:30", "11-19 15:30"),
        ("下午给您答复", "11-18 18:00"),
        ("今天之内", "11-18 23:59"),
    ],
)
def test_a_point_in_time(text: str, wanted: str) -> None:
    assert due(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("良|消失|内|给您|答复", "11-18 16:00"), ("辆|个|小时", "11-18 16:00"), ("三|时|分中|内", "11-18 14:30"),
     ("明天下午五|店|以前", "11-19 17:00"), ("再良天内", "11-20 23:59"), ("十五分种内", "11-18 14:15")],
)  # fmt: skip
def test_other_characters_of_the_same_sound(text: str, wanted: str) -> None:
    assert due(text) == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "我们马上处理",
        "会尽快安排维修人员",
        "已经第三天了",
        "我等了两个小时",
        "三天前就报修了",
        "昨天下午五点",
        "每天上午九点",
        "今天上午来过",
        "下午好",
        "你们快一点",
        "我说两点",
        "有三点意见",
        "请稍等一下",
        "这两天",
        "五栋八楼二号",
        "十二号楼三单元五零二",
        "一周一次",
        "二十四小时有人值班",
        "三点五公里",
        "万一",
        "十分抱歉",
        "晚上的时候",
        "一三八零零一三八零零零",
        "",
    ],
)
def test_what_is_no_time_ahead(text: str) -> None:
    assert due(text) == []


def test_two_times_in_order() -> None:
    found = find_times(spoken("今天下午五点以前给您答复…师傅两小时内到"), BEGUN)
    assert [each.text for each in found] == ["今天下午五点以前", "两小时内"]


def test_a_time_does_not_run_across_a_silence() -> None:
    assert due("明天…下午五点以前") == ["11-19 23:59", "11-18 17:00"]


def test_a_calendar_with_holidays() -> None:
    off = {date(2026, 11, 19), date(2026, 11, 20)}
    found = find_times(spoken("三个工作日内"), BEGUN, lambda day: day.weekday() < 5 and day not in off)
    assert [each.due.date() for each in found] == [date(2026, 11, 25)]


def test_late_in_the_evening() -> None:
    late = BEGUN.replace(hour=21, minute=30)
    assert due("八点给您回电", late) == ["11-19 08:00"]
    assert due("三点给您回电", late) == ["11-19 15:00"]
    assert due("今天晚上八点", late) == []


def test_what_was_said_of_a_date_that_has_passed() -> None:
    assert due("十月三号报修的") == []
    assert due("这周一") == []


def test_the_zone_is_wanted() -> None:
    with pytest.raises(ValueError, match="zone"):
        find_times(spoken("明天"), datetime(2026, 11, 18))  # noqa: DTZ001
