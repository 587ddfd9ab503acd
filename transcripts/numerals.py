"""What a Chinese numeral is worth (cn2an), as spoken: 「两」「幺」, 「三五」 for three to five."""

from __future__ import annotations

import re
from functools import lru_cache

import cn2an

DIGITS = "零〇一幺二两三四五六七八九"
"""Characters that are one digit each."""
NUMERAL = rf"(?:[{DIGITS}十百千万]+|\d+)"
"""A regular expression: what may be a numeral (「十百」 is none: ask `value`)."""


@lru_cache(maxsize=10_000)
def value(numeral: str) -> int | None:
    """`十二`, `两百零五`, `一千二` (1200), `二零二六`, `48`; None where it is no whole number."""
    if re.fullmatch(r"[0-9]+", numeral):
        return int(numeral)
    try:
        number = cn2an.cn2an(numeral, "normal")
    except ValueError:
        return None
    return number if isinstance(number, int) else None


@lru_cache(maxsize=10_000)
def digits(numeral: str) -> str | None:
    """Digits said one by one, with what stands in front: `零二` as `02`; None where one is no digit."""
    if not numeral or not all(each in DIGITS or each in "0123456789" for each in numeral):
        return None
    return str(cn2an.cn2an(numeral, "direct"))


def amount(numeral: str) -> int | None:
    """As `value`, but two digits in a row are a range (「两三天」, 「三五天」): its upper end."""
    if re.fullmatch(r"[一两二三四五六七八九]{2}", numeral):
        return value(numeral[1])
    return value(numeral)
