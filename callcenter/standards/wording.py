"""How standards are worded for people, in Chinese and English: the texts in `words/`, and their order."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Language = Literal["zh", "en"]
Words = Mapping[str, Mapping[str, str]]

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "taking": ("three_rings", "opening", "offer_help"),
    "matter": ("info_collected", "repeat_back"),
    "waiting": (
        "ask_to_wait",
        "apology_after_wait",
        "wait_limit",
        "long_silence",
        "wait_before_transfer",
        "busy_notice",
        "no_answer_notice",
    ),
    "end": ("anything_else", "closing", "caller_hangs_up_first", "forced_hangup"),
    "voice": ("forbidden", "interrupting", "too_loud", "too_soft", "too_fast"),
    "kept": ("promise", "callback_promised", "record_in_time", "ticket_linked"),
    "line": ("private_call", "hotline_held"),
}
"""The rules as a supervisor thinks of them: in the order of a call, then what is kept of it."""

ASIDE: Final = frozenset(("rivals", "partial", "others", "listening", "any_name"))
"""Lists that are not what is to be said."""


@cache
def words(language: Language) -> Words:
    """All texts of a language, by section and key."""
    text = files("callcenter.standards").joinpath("words", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)
