"""A call judged by a standard: pure, so that stored calls can be judged again when a standard changes."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from callcenter.domain.findings import Finding
from callcenter.domain.standards import Standard
from callcenter.judging import (
    collecting,
    forbidding,
    manners,
    phrases,
    promising,
    recording,
    signalling,
    transferring,
    voicing,
    waiting,
)
from callcenter.judging.case import Case

Judge = Callable[[Any, Case], Finding | None]
"""From a rule of its kind, and the call, to what it says of it; None: of such a call nothing can be known
(a recording made elsewhere has no signalling, and nobody kept a record of it)."""

JUDGES: Final[Mapping[str, Judge]] = {
    "three_rings": signalling.three_rings,
    "opening": phrases.opening,
    "offer_help": phrases.offer_help,
    "info_collected": collecting.info_collected,
    "repeat_back": collecting.repeat_back,
    "ask_to_wait": waiting.ask_to_wait,
    "apology_after_wait": waiting.apology_after_wait,
    "wait_limit": waiting.wait_limit,
    "wait_before_transfer": transferring.wait_before_transfer,
    "busy_notice": transferring.failed_notice,
    "no_answer_notice": transferring.failed_notice,
    "anything_else": phrases.once_the_caller_spoke,
    "closing": phrases.once_the_caller_spoke,
    "caller_hangs_up_first": signalling.caller_hangs_up_first,
    "forbidden": forbidding.forbidden,
    "forced_hangup": manners.forced_hangup,
    "interrupting": manners.interrupting,
    "too_loud": voicing.too_loud,
    "too_soft": voicing.too_soft,
    "too_fast": voicing.too_fast,
    "long_silence": manners.long_silence,
    "private_call": signalling.private_call,
    "hotline_held": signalling.hotline_held,
    "promise": promising.promise,
    "callback_promised": promising.callback_promised,
    "record_in_time": recording.record_in_time,
    "ticket_linked": recording.ticket_linked,
}


def judge(case: Case, but: Container[str] = ()) -> list[Finding]:
    """One finding for each rule of the case's standard that can be judged, in its order, `but` for those."""
    found = (JUDGES[rule.id](rule, case) for rule in case.standard.rules if rule.id not in but)
    return [finding for finding in found if finding is not None]


def spot_phrases(standard: Standard, names: Sequence[str] = ()) -> list[str]:
    """The phrases for the narrow pass, without marks: all that are wanted, and what sounds like them."""
    wanted = (phrase for rule in standard.rules for phrase in rule.listened_for())
    return list(dict.fromkeys(plain(phrase) for phrase in (*names, *wanted)))


@lru_cache(maxsize=5_000)
def plain(phrase: str) -> str:
    """A phrase as the narrow pass is told it: its Chinese, without marks."""
    return "".join(letter for letter in phrase if "\u4e00" <= letter <= "\u9fff")
