"""A flow as a picture: what a caller meets, step by step, in Chinese with the file's own words beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.markup import escape
from rich.tree import Tree

from callcenter.domain.opening import Span
from callcenter.flows.schema import (
    END,
    AnyStep,
    Callback,
    ChooseLanguage,
    Exit,
    Flow,
    Group,
    HangUp,
    HoursPart,
    Menu,
    Message,
    Queue,
    Ring,
    Say,
    ToDesk,
    ToExtension,
    ToOutside,
)

_ORDERS: Final = {
    "in_turn": "轮流 in turn",
    "longest_idle": "空闲最久者先 longest idle",
    "in_order": "按顺序 in order",
    "together": "同时振铃 together",
}
_NOTICES: Final = {"early": "接通前播放 early", "answered": "接通后播放 answered", "off": "不播放 off"}
_STARTS: Final = {
    "start.open": "营业 open",
    "start.closed": "非营业 closed",
    "start.through": "直通号码 always through",
    "transfer.busy": "转接占线 transfer busy",
    "transfer.no_answer": "转接无人接听 transfer unanswered",
}
_EXITS: Final = {
    "next": "然后 next",
    "otherwise": "未选择 otherwise",
    "no_answer": "无人接听 no answer",
    "busy": "占线 busy",
    "nobody": "无人在岗 nobody",
    "overflow": "等候过久 overflow",
    "no_number": "不显示号码 no number",
}
_LANGUAGES: Final = {"zh-CN": "中文", "en": "English"}


def flow_tree(flow: Flow, title: str) -> Tree:
    """The flow from each of its beginnings on; a step that leads to several is drawn once."""
    tree = Tree(f"[bold]{escape(title)}[/]  {flow.digest}", highlight=False)
    for line in _head(flow):
        tree.add(escape(line))
    drawn: set[str] = set()
    for key, step in flow.starts():
        _draw(tree, flow, Exit(key, step, heard=False), drawn)
    return tree


def _head(flow: Flow) -> Iterator[str]:
    yield "营业时间 hours: " + (_hours(flow.hours) if flow.hours else "全天 always open")
    notice = flow.notice
    told = f"「{notice.prompt}」 {notice.version}" if notice.mode != "off" else ""
    yield f"录音告知 recording notice: {_NOTICES[notice.mode]} {told}".rstrip()
    for name, group in flow.groups.items():
        yield f"坐席组 group {name}: {_group(group)}"
    if flow.start.always_through:
        yield f"直通号码 always through: {len(flow.start.always_through)}"


def _hours(hours: HoursPart) -> str:
    kinds = {"工作日": hours.working_days, "周末": hours.weekends, "节假日": hours.holidays}
    kinds |= {day.isoformat(): spans for day, spans in sorted(hours.dates.items())}
    return "；".join(f"{kind} {_spans(spans)}" for kind, spans in kinds.items())


def _spans(spans: tuple[Span, ...]) -> str:
    return "、".join(map(str, spans)) or "休息 closed"


def _group(group: Group) -> str:
    tiers: dict[int, list[str]] = {}
    for agent in group.agents:
        skills = f"（{'、'.join(agent.skills)}）" if agent.skills else ""
        tiers.setdefault(agent.tier, []).append(agent.number + skills)
    agents = "，再 ".join("、".join(tiers[tier]) for tier in sorted(tiers))
    back = f"，{group.returning} 天内回头客找原坐席" if group.returning else ""
    return f"{agents}，{_ORDERS[group.order]}，每人 {group.ring_timeout:g} 秒{back}"


def _draw(tree: Tree, flow: Flow, way: Exit, drawn: set[str]) -> None:
    label = escape(_label(way.key))
    if way.to == END:
        tree.add(f"{label} → 结束 end")
        return
    name = f"[bold]{escape(way.to)}[/]"
    if way.to in drawn:
        tree.add(f"{label} → {name} 见上 above")
        return
    drawn.add(way.to)
    step = flow.steps[way.to]
    branch = tree.add(f"{label} → {name} {escape(_told(step))}")
    for out in step.exits():
        _draw(branch, flow, out, drawn)


def _label(key: str) -> str:
    return f"按 {key.removeprefix('keys.')} 键" if key.startswith("keys.") else (_STARTS | _EXITS)[key]


def _told(step: AnyStep) -> str:
    match step:
        case Say():
            return f"播放 say 「{step.prompt}」"
        case Menu():
            return f"按键菜单 menu 「{step.prompt}」，{step.timeout:g} 秒，{step.tries} 次"
        case ChooseLanguage():
            keys = "，".join(f"{key} {_LANGUAGES[language]}" for key, language in step.keys.items())
            return f"选择语言 language 「{step.prompt}」：{keys}"
        case Ring():
            return f"振铃 ring {step.group}{_skills(step.skills)}"
        case Queue():
            longest = f"，最长 {step.longest:g} 秒" if step.longest else ""
            return f"排队 queue {step.group}{_skills(step.skills)}{longest}"
        case Callback():
            return "登记回电 callback"
        case Message():
            return f"留言 message，最长 {step.longest:g} 秒"
        case ToDesk():
            return f"转到服务台 desk {step.desk}"
        case ToExtension():
            return f"分机 extension {step.number}，{step.ring_timeout:g} 秒"
        case ToOutside():
            return f"外线 outside {step.number}，{step.ring_timeout:g} 秒"
        case HangUp():
            return f"播放后挂断 hang up 「{step.prompt}」" if step.prompt else "挂断 hang up"


def _skills(skills: tuple[str, ...]) -> str:
    return f"（需会 {'、'.join(skills)}）" if skills else ""
