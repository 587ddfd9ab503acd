"""What can be the reason of a verdict, and how it is told in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from callcenter.domain.tickets import KINDS

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
    END_UNKNOWN = "end_unknown"
    ANY_LENGTH = "any_length"
    NO_HOTLINE = "no_hotline"
    NO_EXTENSIONS_CALL = "no_extensions_call"
    COLLEAGUES = "colleagues"
    NO_WAIT = "no_wait"
    NOT_ASKED_TO_WAIT = "not_asked_to_wait"
    NO_APOLOGY = "no_apology"
    NOBODY_CAME_BACK = "nobody_came_back"
    WAITED = "waited"
    WAITED_ABOUT = "waited_about"
    WAITED_OFFERED = "waited_offered"
    NO_TRANSFER = "no_transfer"
    NO_FAILED_TRANSFER = "no_failed_transfer"
    TRANSFER_RESULT_UNKNOWN = "transfer_result_unknown"
    PROMPT_PLAYED = "prompt_played"
    NO_CALLER_RECORDING = "no_caller_recording"
    COLLECTED = "collected"
    NOT_COLLECTED = "not_collected"
    PERHAPS_COLLECTED = "perhaps_collected"
    NOTHING_TO_COLLECT = "nothing_to_collect"
    MATTER_UNKNOWN = "matter_unknown"
    REPEATED = "repeated"
    REPEATED_IN_PART = "repeated_in_part"
    NOT_REPEATED = "not_repeated"
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    FORBIDDEN_SAID = "forbidden_said"
    FORBIDDEN_PERHAPS = "forbidden_perhaps"
    NOTHING_FORBIDDEN = "nothing_forbidden"
    HUNG_UP_ON = "hung_up_on"
    HUNG_UP_IN_TURN = "hung_up_in_turn"
    NOT_HUNG_UP_BY_AGENT = "not_hung_up_by_agent"
    SPOKE_OVER = "spoke_over"
    PERHAPS_SPOKE_OVER = "perhaps_spoke_over"
    NEVER_SPOKE_OVER = "never_spoke_over"
    LEVEL = "level"
    LEVEL_NEAR = "level_near"
    NOT_MEASURED = "not_measured"
    RATE = "rate"
    RATE_NEAR = "rate_near"
    TOO_FEW_WORDS = "too_few_words"
    SILENCE = "silence"
    SILENCE_NEAR = "silence_near"
    SILENCE_OR_SOUND = "silence_or_sound"
    PROMISED = "promised"
    PROMISED_PERHAPS = "promised_perhaps"
    PROMISED_WITHIN = "promised_within"
    PROMISED_WITHIN_PERHAPS = "promised_within_perhaps"
    PROMISED_UNDATED = "promised_undated"
    PROMISED_LATE = "promised_late"
    PROMISED_DAYS_LATE = "promised_days_late"
    NO_PROMISE = "no_promise"
    CALLBACK_KEPT = "callback_kept"
    CALLBACK_MISSING = "callback_missing"
    CALLBACK_UNKNOWN = "callback_unknown"
    NO_CALLBACK = "no_callback"
    RECORDED_AFTER = "recorded_after"
    NOT_RECORDED = "not_recorded"
    TICKET_LINKED = "ticket_linked"
    TICKET_MISSING = "ticket_missing"
    NO_TICKET_NEEDED = "no_ticket_needed"
    NOT_LISTENED_FOR = "not_listened_for"


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
    Code.END_UNKNOWN: {
        "zh": "通话被中断，何时结束不知道",
        "en": "the call was interrupted; when it ended is not known",
    },
    Code.ANY_LENGTH: {"zh": "该服务台不限通话时长", "en": "at this desk a call may last any time"},
    Code.NO_HOTLINE: {"zh": "分机之间的通话，不占热线", "en": "a call between extensions holds no hotline"},
    Code.NO_EXTENSIONS_CALL: {
        "zh": "不是分机之间的通话",
        "en": "it is no call between two extensions",
    },
    Code.COLLEAGUES: {
        "zh": "内线通话：只需说「您好」",
        "en": "a call between colleagues: 「您好」 is enough",
    },
    Code.NO_WAIT: {"zh": "来电人不需要等待", "en": "the caller did not have to wait"},
    Code.NOT_ASKED_TO_WAIT: {
        "zh": "来电人等待 {seconds:.1f} 秒，之前没有听到请其稍等",
        "en": "the caller waited for {seconds:.1f} s and was not heard to be asked to",
    },
    Code.NO_APOLOGY: {
        "zh": "来电人等待 {seconds:.1f} 秒，之后没有听到致歉",
        "en": "the caller waited for {seconds:.1f} s and no apology was heard after it",
    },
    Code.NOBODY_CAME_BACK: {
        "zh": "等待之后坐席没有再说话",
        "en": "after the wait the agent said nothing more",
    },
    Code.WAITED: {
        "zh": "来电人等待 {seconds:.1f} 秒；时限 {limit_seconds:.1f} 秒",
        "en": "the caller waited for {seconds:.1f} s; the limit is {limit_seconds:.1f} s",
    },
    Code.WAITED_ABOUT: {
        "zh": "来电人等待约 {seconds:.1f} 秒，与时限 {limit_seconds:.1f} 秒相差不到测量误差",
        "en": "a wait of about {seconds:.1f} s is too near the limit of {limit_seconds:.1f} s to tell",
    },
    Code.WAITED_OFFERED: {
        "zh": "来电人等待 {seconds:.1f} 秒，超过时限 {limit_seconds:.1f} 秒，但坐席说了「{phrase}」",
        "en": "the caller waited for {seconds:.1f} s (limit {limit_seconds:.1f} s), but heard 「{phrase}」",
    },
    Code.NO_TRANSFER: {"zh": "通话没有转接", "en": "the call was not transferred"},
    Code.NO_FAILED_TRANSFER: {
        "zh": "没有这样未接通的转接",
        "en": "no transfer came to nothing in that way",
    },
    Code.TRANSFER_RESULT_UNKNOWN: {
        "zh": "通话转接至 {target} 后又转回，不知道为什么没有接通",
        "en": "the call came back from {target}, and it is not known why",
    },
    Code.PROMPT_PLAYED: {
        "zh": "已播放提示音「{prompt}」",
        "en": "the announcement 「{prompt}」 was played",
    },
    Code.NO_CALLER_RECORDING: {
        "zh": "没有可读的来电人录音",
        "en": "there is no recording of the caller that could be read",
    },
    Code.COLLECTED: {"zh": "已询问或得知：{items}", "en": "asked for or told: {items}"},
    Code.NOT_COLLECTED: {
        "zh": "没有询问、来电人也没有说：{items}",
        "en": "neither asked for nor told: {items}",
    },
    Code.PERHAPS_COLLECTED: {
        "zh": "可能没有询问，由人判断：{items}",
        "en": "perhaps not asked for, a person decides: {items}",
    },
    Code.NOTHING_TO_COLLECT: {
        "zh": "这类事项不需要登记来电人信息",
        "en": "a matter of this kind needs nothing of the caller",
    },
    Code.MATTER_UNKNOWN: {"zh": "不知道是哪一类事项", "en": "the kind of the matter is not known"},
    Code.REPEATED: {"zh": "坐席复述了：{items}", "en": "the agent repeated: {items}"},
    Code.REPEATED_IN_PART: {
        "zh": "可能没有全部复述，由人判断：{items}",
        "en": "perhaps not all was repeated, a person decides: {items}",
    },
    Code.NOT_REPEATED: {
        "zh": "没有听到坐席复述：{items}",
        "en": "the agent was not heard to repeat: {items}",
    },
    Code.NOTHING_TO_REPEAT: {
        "zh": "来电人没有说房号或电话",
        "en": "the caller told neither a room nor a telephone number",
    },
    Code.FORBIDDEN_SAID: {"zh": "听到服务忌语「{word}」", "en": "the forbidden 「{word}」 was heard"},
    Code.FORBIDDEN_PERHAPS: {
        "zh": "可能说了服务忌语「{word}」：由人判断",
        "en": "perhaps the forbidden 「{word}」: a person decides",
    },
    Code.NOTHING_FORBIDDEN: {"zh": "没有听到服务忌语", "en": "nothing forbidden was heard"},
    Code.HUNG_UP_ON: {
        "zh": "坐席挂断时来电人还在说话（{seconds:.1f} 秒之前）",
        "en": "the agent hung up {seconds:.1f} s after the caller's last sound",
    },
    Code.HUNG_UP_IN_TURN: {
        "zh": "坐席挂断时来电人已停止说话 {seconds:.1f} 秒",
        "en": "the agent hung up when the caller had been silent for {seconds:.1f} s",
    },
    Code.NOT_HUNG_UP_BY_AGENT: {"zh": "不是坐席挂断的", "en": "it was not the agent who hung up"},
    Code.SPOKE_OVER: {
        "zh": "坐席打断来电人 {count} 次",
        "en": "the agent spoke over the caller {count} times",
    },
    Code.PERHAPS_SPOKE_OVER: {
        "zh": "坐席可能打断来电人 {count} 次：由人判断",
        "en": "the agent perhaps spoke over the caller {count} times: a person decides",
    },
    Code.NEVER_SPOKE_OVER: {
        "zh": "坐席没有打断来电人",
        "en": "the agent did not speak over the caller",
    },
    Code.LEVEL: {
        "zh": "坐席音量 {level:.1f} dBov；界限 {limit_level:.1f} dBov",
        "en": "the agent's level is {level:.1f} dBov; the limit is {limit_level:.1f} dBov",
    },
    Code.LEVEL_NEAR: {
        "zh": "坐席音量 {level:.1f} dBov，与界限 {limit_level:.1f} dBov 太近，无法判断",
        "en": "the agent's level of {level:.1f} dBov is too near the limit of {limit_level:.1f} dBov to tell",
    },
    Code.NOT_MEASURED: {"zh": "没有测量声音", "en": "the sound was not measured"},
    Code.RATE: {
        "zh": "坐席语速每秒 {rate:.1f} 个音节；上限 {limit_rate:.1f} 个",
        "en": "the agent spoke {rate:.1f} syllables a second; the limit is {limit_rate:.1f}",
    },
    Code.RATE_NEAR: {
        "zh": "坐席语速每秒 {rate:.1f} 个音节，与上限 {limit_rate:.1f} 个太近，无法判断",
        "en": "{rate:.1f} syllables a second are too near the limit of {limit_rate:.1f} to tell",
    },
    Code.TOO_FEW_WORDS: {
        "zh": "坐席只说了 {count} 个音节，不足以判断",
        "en": "the agent spoke only {count} syllables, too few to tell",
    },
    Code.SILENCE: {
        "zh": "最长的沉默 {seconds:.1f} 秒；时限 {limit_seconds:.1f} 秒",
        "en": "the longest silence was {seconds:.1f} s; the limit is {limit_seconds:.1f} s",
    },
    Code.SILENCE_NEAR: {
        "zh": "最长的沉默约 {seconds:.1f} 秒，与时限 {limit_seconds:.1f} 秒相差不到测量误差",
        "en": "a silence of about {seconds:.1f} s is too near the limit of {limit_seconds:.1f} s to tell",
    },
    Code.SILENCE_OR_SOUND: {
        "zh": "有 {seconds:.1f} 秒没有听到说话，但线上有声音（时限 {limit_seconds:.1f} 秒）：由人判断",
        "en": "no words for {seconds:.1f} s, but sound; the limit is {limit_seconds:.1f} s: a person decides",
    },
    Code.PROMISED: {
        "zh": "坐席承诺「{text}」：{within}之内，即 {due} 前",
        "en": "the agent promised 「{text}」: within {within}, by {due}",
    },
    Code.PROMISED_PERHAPS: {
        "zh": "可能承诺了「{text}」（{within}之内，即 {due} 前）：由人判断",
        "en": "perhaps 「{text}」 was promised (within {within}, by {due}): a person decides",
    },
    Code.PROMISED_WITHIN: {
        "zh": "坐席承诺「{text}」：{within}之内",
        "en": "the agent promised 「{text}」: within {within}",
    },
    Code.PROMISED_WITHIN_PERHAPS: {
        "zh": "可能承诺了「{text}」（{within}之内）：由人判断",
        "en": "perhaps 「{text}」 was promised (within {within}): a person decides",
    },
    Code.PROMISED_UNDATED: {
        "zh": "坐席承诺「{text}」，但不知道通话是哪一天",
        "en": "the agent promised 「{text}」, and the day of the call is not known",
    },
    Code.PROMISED_LATE: {
        "zh": "坐席承诺「{text}」：{within}之内；「{kind}」最迟 {at_most}",
        "en": "the agent promised 「{text}」: within {within}; this kind of matter ({kind}) has {at_most}",
    },
    Code.PROMISED_DAYS_LATE: {
        "zh": "坐席承诺「{text}」：{due} 前；「{kind}」最迟 {workdays} 个工作日",
        "en": "the agent promised 「{text}」: by {due}; this kind of matter ({kind}) has {workdays} workdays",
    },
    Code.NO_PROMISE: {"zh": "坐席没有承诺时间", "en": "the agent promised no time"},
    Code.CALLBACK_KEPT: {
        "zh": "坐席说了「{phrase}」，回访已登记",
        "en": "the agent said 「{phrase}」, and the callback is on record",
    },
    Code.CALLBACK_MISSING: {
        "zh": "坐席说了「{phrase}」，但没有登记回访",
        "en": "the agent said 「{phrase}」, and no callback is on record",
    },
    Code.CALLBACK_UNKNOWN: {
        "zh": "坐席说了「{phrase}」，不知道是否登记了回访",
        "en": "the agent said 「{phrase}」; whether a callback is on record is not known",
    },
    Code.NO_CALLBACK: {"zh": "坐席没有承诺回电", "en": "the agent promised no callback"},
    Code.RECORDED_AFTER: {
        "zh": "通话结束 {seconds:.0f} 秒后登记了事项；时限 {limit_seconds:.0f} 秒",
        "en": "the matter was written {seconds:.0f} s after the call; the limit is {limit_seconds:.0f} s",
    },
    Code.NOT_RECORDED: {
        "zh": "通话结束 {limit_seconds:.0f} 秒内没有登记事项",
        "en": "the matter was not written down within {limit_seconds:.0f} s of the call",
    },
    Code.TICKET_LINKED: {
        "zh": "「{kind}」已关联 {count} 张工单",
        "en": "the matter ({kind}) has {count} tickets",
    },
    Code.TICKET_MISSING: {"zh": "「{kind}」没有工单", "en": "the matter ({kind}) has no ticket"},
    Code.NO_TICKET_NEEDED: {
        "zh": "「{kind}」不需要工单",
        "en": "a matter of this kind ({kind}) needs no ticket",
    },
    Code.NOT_LISTENED_FOR: {
        "zh": "识别时还没有听辨「{phrase}」：重新识别后才能判定",
        "en": "「{phrase}」 was not listened for: the sound must be read again to tell",
    },
}

NAMES: Final[Mapping[str, Mapping[Language, str]]] = {
    "household": {"zh": "房号", "en": "room"},
    "surname": {"zh": "姓氏", "en": "surname"},
    "telephone": {"zh": "电话", "en": "telephone"},
    "matter": {"zh": "事项", "en": "matter"},
    **{kind.id: {"zh": kind.zh, "en": kind.en} for kind in KINDS if kind.id != "matter"},
}
"""Facts that are kept as ids, by their names in each language."""

UNITS: Final[Mapping[str, Mapping[Language, str]]] = {
    "days": {"zh": "天", "en": "d"},
    "hours": {"zh": "小时", "en": "h"},
    "minutes": {"zh": "分钟", "en": "min"},
}
