"""Why a finding says what it says: a code with its facts, worded in Chinese and in English.

The code and the facts are what is kept; the sentence is made where it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import Any, Literal

Language = Literal["zh", "en"]


class Code(StrEnum):
    """What can be the reason of a verdict. A code is kept in databases: it is never given a new meaning."""

    ANSWERED_AFTER = "answered_after"
    ANSWERED_AFTER_UNTIMED = "answered_after_untimed"
    NOT_ANSWERED_AFTER = "not_answered_after"
    NOT_ANSWERED_AFTER_UNTIMED = "not_answered_after_untimed"
    RINGS_UNKNOWN = "rings_unknown"
    HEARD = "heard"
    HEARD_IN_PART = "heard_in_part"
    HEARD_SHORTENED = "heard_shortened"
    NOT_HEARD_AT_BEGINNING = "not_heard_at_beginning"
    NO_PHRASE = "no_phrase"
    NO_PHRASE_RETURNED = "no_phrase_returned"
    NO_PHRASE_CUT_OFF = "no_phrase_cut_off"
    SILENT = "silent"
    SILENT_RETURNED = "silent_returned"
    SILENT_CUT_OFF = "silent_cut_off"
    TOO_SHORT = "too_short"
    NO_RECORDING = "no_recording"
    NOT_ANSWERED = "not_answered"
    TRANSFERRED = "transferred"
    TRANSFERRED_TO = "transferred_to"
    CALLER_FIRST = "caller_first"
    AGENT_FIRST = "agent_first"
    ENDED_BY_SYSTEM = "ended_by_system"
    ENDED_BY_NETWORK = "ended_by_network"
    INTERRUPTED = "interrupted"
    HANGUP_UNKNOWN = "hangup_unknown"
    AGENT_AFTER_GOODBYES = "agent_after_goodbyes"
    LASTED = "lasted"
    ANY_LENGTH = "any_length"
    NO_HOTLINE = "no_hotline"
    NO_EXTENSIONS_CALL = "no_extensions_call"


_LIMIT_ZH = "；时限 {limit} 声（{limit_seconds:.3f} 秒）"
_LIMIT_EN = "; the limit is {limit} rings ({limit_seconds:.3f} s)"

TEMPLATES: Mapping[Code, Mapping[Language, str]] = {
    Code.ANSWERED_AFTER: {
        "zh": "响 {rings} 声（{seconds:.3f} 秒）后接起" + _LIMIT_ZH,
        "en": "answered after {rings} rings ({seconds:.3f} s)" + _LIMIT_EN,
    },
    Code.ANSWERED_AFTER_UNTIMED: {
        "zh": "响 {rings} 声后接起" + _LIMIT_ZH,
        "en": "answered after {rings} rings" + _LIMIT_EN,
    },
    Code.NOT_ANSWERED_AFTER: {
        "zh": "响 {rings} 声（{seconds:.3f} 秒）无人接起" + _LIMIT_ZH,
        "en": "not answered after {rings} rings ({seconds:.3f} s)" + _LIMIT_EN,
    },
    Code.NOT_ANSWERED_AFTER_UNTIMED: {
        "zh": "响 {rings} 声无人接起" + _LIMIT_ZH,
        "en": "not answered after {rings} rings" + _LIMIT_EN,
    },
    Code.RINGS_UNKNOWN: {"zh": "不知道响了几声", "en": "the number of rings is not known"},
    Code.HEARD: {"zh": "听到{phrases}", "en": "heard {phrases}"},
    Code.HEARD_IN_PART: {
        "zh": "可能是「{phrase}」：读音只有一部分相符",
        "en": "perhaps 「{phrase}」: the sounds fit only in part",
    },
    Code.HEARD_SHORTENED: {
        "zh": "只听到「{phrase}」：由人判断",
        "en": "only 「{phrase}」 was heard: a person decides",
    },
    Code.NOT_HEARD_AT_BEGINNING: {
        "zh": "开头没有听到「{phrase}」",
        "en": "「{phrase}」 was not heard at the beginning",
    },
    Code.NO_PHRASE: {
        "zh": "没有听到任何一种规定用语",
        "en": "none of the wanted phrases was heard",
    },
    Code.NO_PHRASE_RETURNED: {
        "zh": "通话转接后又转回，没有听到任何一种规定用语",
        "en": "the call came back from a transfer, and none of the wanted phrases was heard",
    },
    Code.NO_PHRASE_CUT_OFF: {
        "zh": "通话中断，没有听到任何一种规定用语",
        "en": "the call was cut off, and none of the wanted phrases was heard",
    },
    Code.SILENT: {"zh": "没有听到坐席说话", "en": "the agent was not heard to say anything"},
    Code.SILENT_RETURNED: {
        "zh": "通话转接后又转回，没有听到坐席说话",
        "en": "the call came back from a transfer, and the agent was not heard to say anything",
    },
    Code.SILENT_CUT_OFF: {
        "zh": "通话中断，没有听到坐席说话",
        "en": "the call was cut off, and the agent was not heard to say anything",
    },
    Code.TOO_SHORT: {"zh": "通话只有 {seconds:.1f} 秒", "en": "the call lasted only {seconds:.1f} s"},
    Code.NO_RECORDING: {
        "zh": "没有可读的坐席录音",
        "en": "there is no recording of the agent that could be read",
    },
    Code.NOT_ANSWERED: {"zh": "电话没有接通", "en": "the call was not answered"},
    Code.TRANSFERRED: {
        "zh": "通话已转走：坐席一侧的 BYE 不是挂断",
        "en": "the call was transferred: its BYE is no hang-up",
    },
    Code.TRANSFERRED_TO: {"zh": "通话已转接至 {target}", "en": "the call was transferred to {target}"},
    Code.CALLER_FIRST: {"zh": "来电人的 BYE 在先", "en": "the caller's BYE came first"},
    Code.AGENT_FIRST: {"zh": "坐席的 BYE 在先", "en": "the agent's BYE came first"},
    Code.ENDED_BY_SYSTEM: {
        "zh": "双方都没有挂断，是系统结束的",
        "en": "neither side hung up, the system did",
    },
    Code.ENDED_BY_NETWORK: {
        "zh": "双方都没有挂断，是网络断开的",
        "en": "neither side hung up, the network did",
    },
    Code.INTERRUPTED: {
        "zh": "双方都没有挂断：通话被中断",
        "en": "neither side hung up: the call was interrupted",
    },
    Code.HANGUP_UNKNOWN: {"zh": "不知道谁先挂断", "en": "it is not known who hung up first"},
    Code.AGENT_AFTER_GOODBYES: {
        "zh": "坐席的 BYE 在双方道别 {seconds:.1f} 秒之后",
        "en": "the agent's BYE came {seconds:.1f} s after both had said goodbye",
    },
    Code.LASTED: {
        "zh": "通话 {seconds:.1f} 秒；时限 {limit_seconds:.1f} 秒",
        "en": "the call lasted {seconds:.1f} s; the limit is {limit_seconds:.1f} s",
    },
    Code.ANY_LENGTH: {"zh": "该服务台不限通话时长", "en": "at this desk a call may last any time"},
    Code.NO_HOTLINE: {"zh": "分机之间的通话，不占热线", "en": "a call between extensions holds no hotline"},
    Code.NO_EXTENSIONS_CALL: {
        "zh": "不是分机之间的通话",
        "en": "it is no call between two extensions",
    },
}


def fields(template: str) -> frozenset[str]:
    """The names of the places in a template."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and its facts: text, whole numbers, or seconds. Raises ValueError where they do not fit."""

    code: Code
    args: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = fields(TEMPLATES[self.code]["en"])
        if wanted != set(self.args):
            raise ValueError(f"reason {self.code} takes {sorted(wanted)}, not {sorted(self.args)}")

    def text(self, language: Language) -> str:
        """One sentence without a full stop."""
        return TEMPLATES[self.code][language].format(**self.args)


def reason(code: Code, **args: Any) -> Reason:
    """`reason(Code.TOO_SHORT, seconds=1.2)`"""
    return Reason(code, args)


def kept_reason(code: str | None, args: Mapping[str, Any] | None) -> Reason | None:
    """The reason as a database holds it; None where it holds none, or one of a later version."""
    if code is None or code not in set(Code):
        return None
    return Reason(Code(code), args or {})
