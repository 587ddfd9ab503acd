"""A standard that has every rule, for the rules' own tests; the names are of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from callcenter.domain.findings import Finding
from callcenter.domain.standards import KINDS, Rule, Standard, Thresholds
from callcenter.judging.facts import JudgeFacts
from tests.judged import judged
from transcripts.recogniser import Word
from transcripts.voice import Voice

RULES: dict[str, dict[str, Any]] = {
    "three_rings": {},
    "opening": {
        "greetings": ["您好"],
        "names": ["万科物业", "高卫物业", "融创物业", "海逸长洲", "物业客服中心"],
        "any_name": ["物业", "公司", "客服中心", "服务中心", "管理处", "前台", "总机"],
        "rivals": ["绿城物业", "保利物业", "龙湖物业", "喂", "什么事", "让您久等了"],
        "within": 4.0,
        "gap": 2.0,
    },
    "offer_help": {
        "phrases": ["请问【有什么】可以【帮到】您", "我能为您【做些什么】吗", "请问您需要【什么帮助】"],
        "others": ["请问还有什么可以帮到您吗"],
        "within": 8.0,
    },
    "info_collected": {
        "asks": {
            "household": [
                "您的【房号】是多少",
                "请问您的【房号】",
                "您住【哪一栋】",
                "您是【几栋几号】",
                "您家的【门牌号】",
            ],
            "surname": ["请问您【贵姓】", "怎么【称呼】您", "您怎么【称呼】"],
            "telephone": ["您的【联系电话】", "您的【电话号码】", "您的【手机号】", "方便【留个电话】吗"],
            "matter": ["请问是【什么问题】", "具体是【什么情况】"],
        },
        "wanted": {
            "repair": ["household", "surname", "matter"],
            "complaint": ["household", "telephone", "matter"],
        },
    },
    "repeat_back": {"share": 0.6, "confirms": ["对吗", "是吗", "对不对"]},
    "ask_to_wait": {
        "phrases": ["请您【稍等】", "请【稍等】", "请【稍候】", "麻烦您【稍等】", "请您【等一下】"],
        "others": ["等一下"],
        "window": 8.0,
    },
    "apology_after_wait": {
        "phrases": ["对不起，让您【久等】了", "抱歉，让您【久等】了", "不好意思，让您【久等】了"],
        "window": 6.0,
    },
    "wait_limit": {
        "limit": 30.0,
        "silence": 5.0,
        "asks": ["请您【稍等】", "请【稍等】", "请【稍候】", "【等一下】", "【等一会】"],
        "offers": ["我稍后给您【回电话】", "查到后给您【回电】"],
    },
    "wait_before_transfer": {"phrases": ["请【稍候】", "请【稍等】"], "window": 8.0},
    "busy_notice": {"phrases": ["电话【占线】，请稍后打来", "电话正在【通话中】"], "window": 20.0},
    "no_answer_notice": {"phrases": ["电话【无人接听】，请您稍后再拨", "电话【没有人接】"], "window": 20.0},
    "anything_else": {
        "phrases": [
            "请问【还有】什么可以帮到您吗",
            "【还有】什么需要帮忙的吗",
            "请问您【还有其他】要求吗",
            "【还有】别的事吗",
        ],
        "others": ["请问有什么可以帮到您"],
    },
    "closing": {
        "phrases": ["【感谢】您的来电，【再见】", "【谢谢】您的电话，【再见】", "【谢谢】，【再见】"],
        "partial": ["【感谢】您的来电", "再见"],
        "last": 15.0,
    },
    "caller_hangs_up_first": {},
    "forbidden": {
        "words": [
            {"word": "喂", "where": "begins"},
            {"word": "哪里", "where": "alone"},
            {"word": "找谁", "where": "ends"},
            {"word": "什么事", "where": "alone"},
            {"word": "不在", "where": "ends", "proper": ["暂时不在", "现在不在座位上"]},
            {"word": "不知道", "where": "anywhere", "proper": ["不知道您"]},
            {"word": "没办法", "where": "anywhere"},
            {"word": "我不管", "where": "anywhere"},
            {"word": "你是谁", "where": "anywhere"},
            {"word": "干什么的", "where": "anywhere"},
        ]
    },
    "forced_hangup": {"limit": 0.3},
    "interrupting": {
        "overlap": 0.8,
        "listening": ["嗯", "啊", "哦", "好", "好的", "是", "是的", "对", "明白"],
    },
    "too_loud": {"limit": -10.0},
    "too_soft": {"limit": -36.0},
    "too_fast": {"limit": 7.5},
    "long_silence": {"limit": 10.0},
    "private_call": {"limit": 180.0},
    "hotline_held": {"limit": 600.0},
    "promise": {
        "phrases": ["给您答复", "给您回复", "给您【回电】", "安排【上门】", "为您【处理】"],
        "limits": {"lookup": 900.0},
        "workdays": {"suggestion": 1},
    },
    "callback_promised": {"phrases": ["给您【回电】", "给您【回电话】", "再【联系】您"]},
    "record_in_time": {"limit": 300.0},
    "ticket_linked": {"kinds": ["repair", "complaint"]},
}


def rule(id: str, **changes: Any) -> Rule:
    """A rule of the standard, with `changes` in its data."""
    data = {"id": id, "title": id, "source": "test", "clause": "A1", **RULES[id], **changes}
    made: Rule = TypeAdapter(KINDS[id]).validate_python(data)
    return made


UNKNOWN = JudgeFacts()
LIMITS = Thresholds(sure=0.20, absent=0.45, spot=0.13)
EVERY_RULE = Standard("test", "test", "1", 3, LIMITS, tuple(rule(id) for id in KINDS))


def only(*ids: str, **changes: Any) -> Standard:
    """The standard with these rules alone; `changes` are of the first."""
    made = {id: rule(id, **(changes if number == 0 else {})) for number, id in enumerate(ids)}
    rules = tuple(made[id] for id in KINDS if id in made)
    return Standard("test", "test", "1", 3, LIMITS, rules)


def found(
    id: str,
    agent: Sequence[Word] | None,
    caller: Sequence[Word] | None = (),
    facts: JudgeFacts = UNKNOWN,
    *,
    duration: float = 0.0,
    spotted: Sequence[Word] | None = None,
    voices: tuple[Voice | None, Voice | None] = (None, None),
    beside: Sequence[str] = (),
    **changes: Any,
) -> Finding:
    """What the rule `id` (with `changes` in its data) says of a call; `beside` are rules that it needs."""
    standard = only(id, *beside, **changes)
    findings = judged(standard, facts, agent, caller, (), duration, spotted, *voices)
    return next(each for each in findings if each.rule == id)
