"""What each rule's judge reads beside its own rule, the facts of the call and what was heard in it.

A finding of an older set is taken over where all of this is as it was (`callcenter.judging.basis`), so
nothing may be missing here: `tests/unit/judging/test_reads.py` derives the same from the judges' source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Reads:
    """`parts`: attributes of other rules, by the rule's id. `whole`: attributes of the standard itself.
    `names`: the desk's own. `hears`: what was said or measured, and not the signalling alone."""

    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    names: bool = False
    hears: bool = True


_LIMITS: Final = ("thresholds",)
_PHRASES: Final = Reads(whole=_LIMITS)
_AFTER_THE_OPENING: Final = Reads({"opening": ("within",)}, _LIMITS)
_WAITS: Final = Reads({"ask_to_wait": ("phrases",), "wait_limit": ("asks", "silence")}, _LIMITS)
_SOUND: Final = Reads()
_SIGNALLING: Final = Reads(hears=False)

READS: Final[Mapping[str, Reads]] = {
    "three_rings": Reads(whole=("cadence", "max_rings"), hears=False),
    "opening": Reads(whole=_LIMITS, names=True),
    "offer_help": _PHRASES,
    "info_collected": _PHRASES,
    "repeat_back": Reads({"opening": ("within",)}),
    "ask_to_wait": _WAITS,
    "apology_after_wait": _WAITS,
    "wait_limit": _WAITS,
    "wait_before_transfer": _AFTER_THE_OPENING,
    "busy_notice": _PHRASES,
    "no_answer_notice": _PHRASES,
    "anything_else": _AFTER_THE_OPENING,
    "closing": _AFTER_THE_OPENING,
    "caller_hangs_up_first": _SOUND,
    "forbidden": _PHRASES,
    "forced_hangup": _SOUND,
    "interrupting": _SOUND,
    "too_loud": _SOUND,
    "too_soft": _SOUND,
    "too_fast": _SOUND,
    "long_silence": _WAITS,
    "private_call": _SIGNALLING,
    "hotline_held": _SIGNALLING,
    "promise": _PHRASES,
    "callback_promised": _PHRASES,
    "record_in_time": _SIGNALLING,
    "ticket_linked": _SIGNALLING,
}
